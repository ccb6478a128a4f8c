//! The task that owns the swarm: it turns libp2p's events into sessions and notices, and keeps the deadlines.
//!
//! It never waits for the core: what it has to tell itself (addresses, failed dials) queues in `notices`, and frames
//! go from the sessions' own tasks straight to the core.

mod dialing;
mod links;
mod places;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use libp2p::identity::Keypair;
use libp2p::swarm::{ConnectionId, ListenError, SwarmEvent};
use libp2p::{Swarm, identify, ping};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use crate::channel::{Channels, Pair};
use crate::config::{COMMAND_QUEUE, Config, EVENT_QUEUE, FAREWELL, NOTICE_QUEUE, SHUTDOWN_TIME, TICK};
use crate::event::{CloseReason, Event, SessionId};
use crate::guard::Guard;
use crate::handle::{Arrival, DialCommand, Events, Handle};
use crate::key::{Address, key_of_secret};
use crate::listening::check_free;
use crate::session::Ended;
use crate::shared::Shared;
use crate::swarm::{Behaviour, BehaviourEvent, build};
use crate::{StartError, stream};
use dialing::{Dial, Lookup};
use links::Link;

/// Notices that are lost sooner than let the queue grow, should the core sleep for days.
const NOTICES_AT_MOST: usize = 4 * NOTICE_QUEUE;

/// How often is looked whether a port has been let go.
const PORT_CHECK: Duration = Duration::from_millis(10);

pub(crate) struct Driver {
    swarm: Swarm<Behaviour>,
    shared: Arc<Shared>,
    events: mpsc::Sender<Arrival>,
    commands: mpsc::Receiver<DialCommand>,
    notices: VecDeque<Event>,
    links: HashMap<ConnectionId, Link>,
    /// Per peer and channel the connection that is, or is about to become, the session.
    holders: HashMap<Pair, ConnectionId>,
    /// Per peer and channel the newest session's sign that it has told its end.
    tails: HashMap<Pair, (SessionId, oneshot::Receiver<()>)>,
    dials: HashMap<ConnectionId, Dial>,
    lookups: JoinSet<Lookup>,
    /// Of these, for dials on channels.
    lookups_on_channels: usize,
    sessions: JoinSet<(Pair, SessionId)>,
    ended: (mpsc::Sender<Ended>, mpsc::Receiver<Ended>),
    last_session: u64,
}

/// Checks the configuration, starts the driver's task and returns the core's ends.
pub(crate) fn spawn(config: Config) -> Result<(Handle, Events), StartError> {
    let listen = parse_listen(&config)?;
    let key = Keypair::ed25519_from_bytes(config.secret).map_err(|e| StartError::Key(e.to_string()))?;
    let guard = Guard::new(&config.limits);
    let channels = Channels::new();
    let swarm = build(key, &config.limits, guard.clone(), channels.clone())?;
    let shared = Arc::new(Shared::new(&config, key_of_secret(&config.secret), guard, channels));
    let (events, queue) = mpsc::channel(EVENT_QUEUE);
    let (dials, commands) = mpsc::channel(COMMAND_QUEUE);
    let (stopped_in, stopped) = watch::channel(false);
    let mut driver = Driver {
        swarm,
        shared: Arc::clone(&shared),
        events,
        commands,
        notices: VecDeque::new(),
        links: HashMap::new(),
        holders: HashMap::new(),
        tails: HashMap::new(),
        dials: HashMap::new(),
        lookups: JoinSet::new(),
        lookups_on_channels: 0,
        sessions: JoinSet::new(),
        ended: mpsc::channel(COMMAND_QUEUE),
        last_session: 0,
    };
    driver.listen(&listen, config.preferred_port);
    tokio::spawn(async move {
        driver.run().await;
        stopped_in.send_replace(true);
    });
    Ok((Handle { shared, dials, stopped }, Events { queue }))
}

fn parse_listen(config: &Config) -> Result<Vec<(String, Address)>, StartError> {
    let parse = |text: &String| {
        let bad = |why| StartError::BadListenAddress { address: text.clone(), why };
        let address = Address::parse(text).map_err(bad)?;
        match (&address.host, address.key) {
            (crate::key::Host::Name(_), _) => Err(bad("it needs an IP address, not a name".to_owned())),
            (_, Some(_)) => Err(bad("it must not end in /p2p/…".to_owned())),
            _ => Ok((text.clone(), address)),
        }
    };
    config.listen.iter().map(parse).collect()
}

impl Driver {
    async fn run(mut self) {
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut stop = self.shared.stop.subscribe();
        let events = self.events.clone();
        loop {
            tokio::select! {
                event = self.swarm.select_next_some() => self.on_swarm(event),
                Some((connection, _held)) = self.ended.1.recv() => self.on_session_ended(connection),
                Some(Ok((pair, session))) = self.sessions.join_next() => self.on_session_told(&pair, session),
                Some(Ok(lookup)) = self.lookups.join_next() => self.on_lookup(lookup),
                Ok(place) = events.reserve(), if !self.notices.is_empty() => {
                    if let Some(notice) = self.notices.pop_front() {
                        place.send(notice.into());
                    }
                }
                command = self.commands.recv(), if self.notices.len() < NOTICE_QUEUE => match command {
                    Some(command) => self.on_dial(command),
                    None => break, // no handle is left
                },
                _ = tick.tick() => self.on_tick(),
                () = events.closed() => break,
                _ = stop.wait_for(|stop| *stop) => break,
            }
        }
        self.stop().await;
    }

    /// Ends every session, waits for their farewells, then closes the connections.
    async fn stop(mut self) {
        self.commands.close();
        self.shared.end_all(&CloseReason::Shutdown);
        // Sessions report to `ended` and wait; nobody reads it any more, so it must not hold them up.
        self.ended.1.close();
        while self.ended.1.try_recv().is_ok() {}
        let all_told = async { while self.sessions.join_next().await.is_some() {} };
        if timeout(SHUTDOWN_TIME, all_told).await.is_err() {
            tracing::debug!("some sessions were cut off at shutdown");
        }
        for connection in self.links.keys() {
            self.swarm.close_connection(*connection);
        }
        let closed = async {
            while !self.links.is_empty() {
                if let SwarmEvent::ConnectionClosed { connection_id, .. } =
                    self.swarm.select_next_some().await
                {
                    self.links.remove(&connection_id);
                }
            }
        };
        // Whoever does not close in time is cut off with the sockets.
        let _ = timeout(FAREWELL, closed).await;
        let ports: Vec<_> = self.swarm.listeners().cloned().collect();
        drop(self);
        // QUIC's socket is let go by a task of its own a moment later; a restart wants the same port.
        let free = async {
            while ports.iter().any(|port| check_free(port).is_err()) {
                sleep(PORT_CHECK).await;
            }
        };
        let _ = timeout(FAREWELL, free).await;
    }

    fn notice(&mut self, event: Event) {
        let optional = matches!(event, Event::Observed { .. });
        if self.notices.len() >= if optional { NOTICE_QUEUE } else { NOTICES_AT_MOST } {
            tracing::warn!(?event, "nobody takes the network's events; this one is dropped");
            return;
        }
        self.notices.push_back(event);
    }

    fn on_swarm(&mut self, event: SwarmEvent<BehaviourEvent>) {
        match event {
            SwarmEvent::ConnectionEstablished { peer_id, connection_id, endpoint, .. } => {
                self.on_connected(connection_id, peer_id, &endpoint);
            }
            SwarmEvent::ConnectionClosed { connection_id, cause, .. } => self.on_closed(connection_id, cause),
            SwarmEvent::OutgoingConnectionError { connection_id, error, .. } => {
                self.on_dial_error(connection_id, error);
            }
            SwarmEvent::IncomingConnectionError { error, send_back_addr, .. } => {
                tracing::debug!(from = %send_back_addr, %error, "an inbound connection failed");
                match error {
                    ListenError::Denied { .. } => self.shared.counts.turned_away.add(),
                    _ => self.shared.counts.failed_handshakes.add(),
                }
            }
            SwarmEvent::NewListenAddr { address, .. } => self.on_listening(address),
            SwarmEvent::ExpiredListenAddr { address, .. } => {
                self.on_listening_ended(address, "the interface lost that address");
            }
            SwarmEvent::ListenerClosed { addresses, reason, .. } => {
                let why =
                    reason.map_or_else(|error| error.to_string(), |()| "the listener was closed".to_owned());
                for address in addresses {
                    self.on_listening_ended(address, &why);
                }
            }
            SwarmEvent::ListenerError { error, .. } => tracing::warn!(%error, "a listener reported an error"),
            SwarmEvent::Behaviour(event) => self.on_behaviour(event),
            _ => {}
        }
    }

    fn on_behaviour(&mut self, event: BehaviourEvent) {
        match event {
            BehaviourEvent::Stream((connection, stream::Opened::Stream(channel, stream))) => {
                self.on_stream(connection, channel, stream)
            }
            BehaviourEvent::Stream((connection, stream::Opened::Failed(why))) => {
                self.on_no_stream(connection, why)
            }
            BehaviourEvent::Ping(ping::Event { connection, result, .. }) => {
                if let Some(link) = self.links.get_mut(&connection) {
                    link.ping_failed = result.is_err();
                }
            }
            BehaviourEvent::Identify(identify::Event::Received { connection_id, info, .. }) => {
                self.on_observed(connection_id, &info.observed_addr);
            }
            BehaviourEvent::Identify(_) => {}
            BehaviourEvent::Guard(never) | BehaviourEvent::Limits(never) => match never {},
        }
    }
}
