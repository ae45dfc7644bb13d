from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from support import DIGEST, PEM, sign, train_spec

from sluice_trainer import ed25519
from sluice_trainer.exits import TrainerExit
from sluice_trainer.ticket import ticket_problems

# RFC 8032, section 7.1: secret key, public key, message, signature.
VECTORS = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]
NOW = datetime.now(timezone.utc)


@pytest.fixture
def spec(tmp_path):
    data = {"name": "d", "uri": "file:///d.jsonl", "digest": "2" * 64, "rows": 1}
    return train_spec("sft", tmp_path, data, tmp_path / "out")


@pytest.mark.parametrize("check", [ed25519.verify, ed25519.verify_in_python])
@pytest.mark.parametrize(("key", "message", "signature"), VECTORS)
def test_the_vectors_of_the_rfc_hold_and_no_changed_bit_does(check, key, message, signature):
    parts = [bytes.fromhex(each) for each in (key, message, signature)]
    assert check(*parts)
    for place, part in enumerate(parts):
        for bit in range(0, len(part) * 8, 37):
            changed = bytearray(part)
            changed[bit // 8] ^= 1 << bit % 8
            assert not check(*parts[:place], bytes(changed), *parts[place + 1 :])


def test_both_verifications_agree_and_a_scalar_beyond_the_order_is_refused():
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
    public = key.public_key().public_bytes_raw()
    for length in (0, 1, 63, 500):
        message = bytes(range(256)) * 2
        signature = key.sign(message[:length])
        scalar = int.from_bytes(signature[32:], "little") + ed25519._ORDER
        beyond = signature[:32] + scalar.to_bytes(32, "little")
        for check in (ed25519.verify, ed25519.verify_in_python):
            assert check(public, message[:length], signature)
            assert not check(public, message[:length], beyond)
            assert not check(public, message[:length], signature[:-1])


def test_a_ticket_that_covers_the_spec(spec):
    assert ticket_problems(spec, PEM, NOW) == []


def test_a_changed_payload_or_signature(spec):
    payload = spec["ticket"]["payload"]
    for ticket in (
        {**spec["ticket"], "payload": payload.replace("smoke", "prods")},
        {**spec["ticket"], "signature": sign("other")},
    ):
        assert "does not match" in ticket_problems({**spec, "ticket": ticket}, PEM, NOW)[0]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"job": "job-" + "z" * 20}, "job is"),
        ({"profile": "prod"}, "profile is prod"),
        ({"recipe_digest": "3" * 64}, "recipe_digest"),
        ({"base_model": {"id": "x", "uri": "file:///x", "digest": "4" * 64}}, "base_model.digest"),
        ({"dataset": {"name": "e", "uri": "file:///e", "digest": "5" * 64, "rows": 1}}, "not among the checked"),
    ],
)
def test_every_binding_is_looked_at(spec, change, said):
    problems = ticket_problems({**spec, **change}, PEM, NOW)
    assert len(problems) == 1 and said in problems[0]


def test_all_problems_at_once_and_the_time(spec):
    other = {**spec, "job": "job-" + "z" * 20, "recipe_digest": "3" * 64}
    assert len(ticket_problems(other, PEM, NOW + timedelta(days=9))) == 3


def test_claims_of_another_kind(spec):
    for payload, said in [("no json", "not JSON"), (json.dumps({"ticket": "sluice.ticket/1"}), "must be exactly")]:
        ticket = {"payload": payload, "key_id": "k", "signature": sign(payload)}
        assert said in " ".join(ticket_problems({**spec, "ticket": ticket}, PEM, NOW))


@pytest.mark.parametrize("pem", ["", "no key", PEM.replace("MCow", "MCox"), DIGEST])
def test_what_is_no_key_is_bad_input(spec, pem):
    with pytest.raises(TrainerExit) as end:
        ticket_problems(spec, pem, NOW)
    assert end.value.code == 65
