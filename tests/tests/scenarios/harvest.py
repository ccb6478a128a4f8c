"""Harvests a repository with sickle and with oaipmh-scythe: harvest.py ADDRESS RECORDS

Both must find so many records, the same ones, each once, by both formats; and what either knows of the protocol must hold.
"""

import sys

import oaipmh_scythe
import sickle
from sickle import oaiexceptions

address, expected = sys.argv[1], int(sys.argv[2])


def once(identifiers):
    found = list(identifiers)
    assert len(set(found)) == len(found) == expected, f"{len(found)} records, {len(set(found))} of them different"
    return set(found)


client = sickle.Sickle(address, max_retries=3, default_retry_after=2)
assert client.Identify().protocolVersion == "2.0"
assert [form.metadataPrefix for form in client.ListMetadataFormats()] == ["oai_dc", "lianshi"]
assert any(group.setSpec == "kind:achievement" for group in client.ListSets())
records = list(client.ListRecords(metadataPrefix="oai_dc"))
harvested = once(record.header.identifier for record in records)
assert sum(record.deleted for record in records) == 1
assert all(record.metadata["title"] for record in records if not record.deleted)
assert once(header.identifier for header in client.ListIdentifiers(metadataPrefix="lianshi")) == harvested
alive = next(record for record in records if not record.deleted)
again = client.GetRecord(identifier=alive.header.identifier, metadataPrefix="oai_dc")
assert again.metadata == alive.metadata
for wrong, expected_fault in [
    (lambda: client.ListRecords(metadataPrefix="oai_dc", set="kind:expert"), oaiexceptions.NoRecordsMatch),
    (lambda: client.ListRecords(metadataPrefix="none"), oaiexceptions.CannotDisseminateFormat),
    (lambda: client.GetRecord(identifier="oai:x:y", metadataPrefix="oai_dc"), oaiexceptions.IdDoesNotExist),
    (lambda: client.ListRecords(resumptionToken="stale"), oaiexceptions.BadResumptionToken),
]:
    try:
        wrong()
    except expected_fault:
        continue
    sys.exit(f"{expected_fault.__name__} did not come")

with oaipmh_scythe.Scythe(address, max_retries=3, default_retry_after=2) as other:
    assert once(record.header.identifier for record in other.list_records(metadata_prefix="oai_dc")) == harvested
    assert once(header.identifier for header in other.list_identifiers(metadata_prefix="lianshi")) == harvested
    assert other.identify().deletedRecord == "persistent"
