


async def test_a_fault_of_the_probe_itself_does_not_end_the_probing() -> None:
    faults: list[Exception] = [RecursionError("nested"), KeyError("choices")]

    async def probe() -> None:
        if faults:
            raise faults.pop(0)

    changes: list[tuple[State, str]] = []
    breaker = CircuitBreaker(probe, probe_seconds=0.01, changed=lambda *change: changes.append(change))
    with capture_logs() as logs:
        breaker.open("out")
        await eventually(lambda: breaker.state == "closed")
    assert [(entry["event"], type(entry["exc_info"])) for entry in logs] == [
        ("probe_failed", RecursionError),
        ("probe_failed", KeyError),
    ]
    assert changes == [("open", "out"), ("closed", "")]


async def test_after_a_fault_of_the_probe_calls_fail_still_and_say_why() -> None:
    async def probe() -> None:
        raise RecursionError("nested")

    breaker = CircuitBreaker(probe, probe_seconds=0.01)
    breaker.open("out")
    await eventually(lambda: "RecursionError" in breaker.reason)
    assert breaker.state in ("open", "half_open")
    with pytest.raises(UpstreamError, match="could not be found out: RecursionError"):
        breaker.check()
    await breaker.close()
