//! Certificates: taken from a page, verified on a machine that knows nothing but the charter.

use tests::{Scene, get, hub_and_station};

/// Places in the file at which a byte is changed.
const PLACES: usize = 24;

#[test]
fn a_certificate_from_another_nodes_page_is_verified_offline_and_any_change_in_it_is_found() {
    let scene = Scene::new();
    let (hub, station) = hub_and_station(&scene);
    let id = station.publish("稀土永磁电机");
    hub.holds_with(&[&station], 1);
    hub.run(["statement", "make", &id, "--label", "evaluation", "--value", "trl=6"]).ok();
    hub.agrees_with(&[&station]);
    let page = get(&hub.web(), &format!("/v/{id}")).body;
    assert!(page.contains("核验通过，现行有效") && page.contains("稀土永磁电机"), "{page}");
    let answer = get(&hub.web(), &format!("/listing/{id}/certificate.pdf"));
    assert_eq!((answer.code, answer.header("content-type")), (200, Some("application/pdf")));
    let pdf = answer.bytes;
    scene.write("page.pdf", &pdf);
    station.run(["export", &id, "--format", "certificate", "--out", "own.pdf"]).ok();
    hub.run(["export", "--format", "charter", "--out", "charter.lianshi"]).ok();
    station.run(["listing", "withdraw", &id]).ok();
    hub.agrees_with(&[&station]);
    assert_eq!(get(&hub.web(), &format!("/listing/{id}/certificate.pdf")).code, 404);
    assert!(get(&hub.web(), &format!("/v/{id}")).body.contains("此信息已撤下"));
    station.run(["export", &id, "--format", "certificate", "--out", "none.pdf"]).ends(5);
    drop((hub, station));

    // Nothing runs any more; there is no home here.
    let verify = |file: &str| scene.run(["verify", file, "--charter", "charter.lianshi", "--json"]);
    for file in ["page.pdf", "own.pdf"] {
        let found = verify(file).ok().json();
        assert_eq!(
            (&found["id"], &found["certificate"]["looks"]),
            (&id.as_str().into(), &"same".into()),
            "{file}"
        );
        assert_eq!(found["statements"][0]["value"], "trl=6");
        let code = found["certificate"]["code"].as_str().unwrap();
        assert!(code.starts_with(&format!("lianshi:v/{id}/1-")), "{code}");
    }
    let said = scene.run(["verify", "page.pdf", "--charter", "charter.lianshi", "--lang", "zh"]).ok().out;
    for part in ["稀土永磁电机", "页面与所证明的内容完全一致", "未经签名"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    for (number, place) in (0..PLACES).map(|n| n * (pdf.len() - 1) / (PLACES - 1)).enumerate() {
        let mut bytes = pdf.clone();
        bytes[place] ^= 1 << (number % 8);
        scene.write("changed.pdf", &bytes);
        verify("changed.pdf").ends(3);
    }
    let longer = [pdf.as_slice(), b"\n% another page"].concat();
    scene.write("longer.pdf", longer);
    verify("longer.pdf").ends(3);
    // A maker that is not this version: what is proven is said, and that the page was not compared.
    let text = String::from_utf8_lossy(&pdf).into_owned();
    let version =
        text.split("\nprogram ").nth(1).and_then(|rest| rest.split('\n').next()).unwrap().to_owned();
    let other = format!("\nprogram {}\n", "9".repeat(version.len()));
    let own = format!("\nprogram {version}\n").into_bytes();
    let at = pdf.windows(own.len()).position(|window| window == own).unwrap();
    let foreign = [&pdf[..at], other.as_bytes(), &pdf[at + own.len()..]].concat();
    scene.write("foreign.pdf", foreign);
    assert_eq!(verify("foreign.pdf").ends(6).json()["certificate"]["looks"], "unknown");
}
