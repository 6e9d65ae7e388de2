from __future__ import annotations

import pytest

from retrieval.identifiers import identifiers


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Order PD-2024-00183 failed with E07.", {"PD202400183", "E07"}),
        ("订单PD-2024-00183出现E07错误", {"PD202400183", "E07"}),
        ("エラーＥ０７です", {"E07"}),
        ("ERR_CONN_RESET (0x80070005)", {"err_conn_reset", "0x80070005"}),
        ("use --no-cache or --log-level=debug", {"--no-cache", "--log-level"}),
        ("set server.port, max_retries or maxRetries", {"server.port", "max_retries", "maxretries"}),
        ("in /etc/hosts and C:\\Temp\\x.ini", {"/etc/hosts", "c:/temp/x.ini"}),
        ("from v2.4.1 to 3.12.0", {"2.4.1", "3.12.0"}),
        ("a ConnectionResetError", {"connectionreseterror"}),
        ("ticket #1234, customer 00183, invoice 88123456", {"#1234", "00183", "88123456"}),
        ("tracking 1Z999AA10123456784", {"1Z999AA10123456784"}),
        ("order 112-3456789-1234567", {"11234567891234567"}),
    ],
)
def test_what_names_something(text: str, expected: set[str]) -> None:
    assert identifiers(text) == expected


@pytest.mark.parametrize("text", ["BX-500-36V", "BX50036V", "bx 500 36v", "bx-500-36v", "is BX_500-36V in stock?"])
def test_one_part_number_however_it_is_written(text: str) -> None:
    assert identifiers(text) == {"BX50036V"}


@pytest.mark.parametrize(
    "text",
    [
        "In 2024 we sold 36V 500Wh e-bikes for €1,299.00 or 1.000.000 in all",
        "a 20-inch wheel, 25km/h, 20x30cm, 5 kg, 3rd of 12, 10:30 or 10am, 24/7, 50%",
        "on 12.10.2024, 2024-10-12, 1914-1918 and mid-2024",
        "and/or he/she, well-known, e.g. this, i.e. that, U.S.A., a.m.",
        "LibreOffice, JavaScript, iPhone, GitHub and Wi-Fi",
        "https://help.example.com/page.html",
        "电池可以用 500 次，约 2 年",
        "",
    ],
)
def test_what_only_says_something(text: str) -> None:
    assert identifiers(text) == frozenset()
