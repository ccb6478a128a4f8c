"""A repository of others (oai-repo) over loopback, for the harvester to meet: repository.py RECORDS PORT_FILE PAUSE [PORT]

RECORDS is a JSON file, read anew at each request: a list of {"id", "stamp", "deleted", "set", "dc": {element: [texts]}}. The port is
written to PORT_FILE once it is served. Each page of a list is held back for PAUSE seconds.
"""

import json
import sys
import time
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

import oai_repo
from lxml import etree

OAI_DC = "http://www.openarchives.org/OAI/2.0/oai_dc/"
DC = "http://purl.org/dc/elements/1.1/"
FORM = "%Y-%m-%dT%H:%M:%SZ"
path, port_file, pause = sys.argv[1], sys.argv[2], float(sys.argv[3])


def moment(text):
    return datetime.strptime(text, FORM).replace(tzinfo=timezone.utc)


class Shelf(oai_repo.DataInterface):
    limit = 20

    def __init__(self, records):
        self.records = {record["id"]: record for record in records}

    def get_identify(self):
        return oai_repo.Identify(
            repository_name="A repository of others",
            base_url="https://repository.example.edu/oai",
            admin_email=["admin@example.edu"],
            earliest_datestamp="2020-01-01T00:00:00Z",
            deleted_record="persistent",
            granularity="YYYY-MM-DDThh:mm:ssZ",
        )

    def is_valid_identifier(self, identifier):
        return identifier in self.records

    def get_metadata_formats(self, identifier=None):
        return [oai_repo.MetadataFormat("oai_dc", "http://www.openarchives.org/OAI/2.0/oai_dc.xsd", OAI_DC)]

    def get_record_header(self, identifier):
        record = self.records[identifier]
        header = oai_repo.RecordHeader(identifier=identifier, datestamp=record["stamp"], setspecs=[record.get("set", "all")])
        return header

    def get_record_metadata(self, identifier, metadataprefix):
        record = self.records[identifier]
        if record.get("deleted"):
            return etree.Element("gone")
        root = etree.Element(f"{{{OAI_DC}}}dc", nsmap={"oai_dc": OAI_DC, "dc": DC})
        for element, texts in record["dc"].items():
            for text in texts:
                etree.SubElement(root, f"{{{DC}}}{element}").text = text
        return root

    def get_record_abouts(self, identifier):
        return []

    def list_set_specs(self, identifier=None, cursor=0):
        return ["all"], 1, None

    def get_set(self, setspec):
        return oai_repo.Set(spec=setspec, name=setspec, description=[])

    def list_identifiers(self, metadataprefix, filter_from=None, filter_until=None, filter_set=None, cursor=0):
        def aware(at):
            return at.replace(tzinfo=timezone.utc) if at and at.tzinfo is None else at

        found = [
            record["id"]
            for record in self.records.values()
            if (filter_from is None or moment(record["stamp"]) >= aware(filter_from))
            and (filter_until is None or moment(record["stamp"]) <= aware(filter_until))
            and (filter_set is None or record.get("set", "all") == filter_set)
        ]
        return found[cursor : cursor + self.limit], len(found), None


def told(answer):
    """The same with what is gone told as deleted, for which oai-repo has no word."""
    root = etree.fromstring(answer)
    for record in root.iter("{*}record"):
        metadata = record.find("{*}metadata")
        if metadata is not None and metadata.find("{*}gone") is not None:
            record.find("{*}header").set("status", "deleted")
            record.remove(metadata)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        asked = dict(parse_qsl(urlsplit(self.path).query))
        print(json.dumps(asked), flush=True)
        if asked.get("verb") == "ListRecords":
            time.sleep(pause)
        with open(path, encoding="utf-8") as file:
            shelf = Shelf(json.load(file))
        body = told(bytes(oai_repo.OAIRepository(shelf).process(asked)))
        self.send_response(200)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


port = int(sys.argv[4]) if len(sys.argv) > 4 else 0
server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
with open(port_file, "w", encoding="utf-8") as file:
    file.write(str(server.server_port))
server.serve_forever()
