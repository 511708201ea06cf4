"""Caps: what a call spends is measured, and too much of it is refused with the numbers."""

import time
from pathlib import Path

import pytest
import torch

from coursekit.cost import CapExceeded, Spent, capped, numbers_for, on_windows, windows
from coursekit.cost import caps as module

MEGABYTE = module.MEGABYTE


def busy(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass
    return "done"


def held(numbers):
    return float(torch.ones(numbers, dtype=torch.float64).sum())


def test_a_call_within_its_caps_returns_its_result_and_what_it_spent():
    spent = capped(held, [2 * 10**7], cpu_seconds=30, bytes=400 * MEGABYTE)
    assert spent.result == 2e7
    assert 0 < spent.cpu_seconds < 30
    assert spent.peak_bytes is None or 150 * MEGABYTE < spent.peak_bytes < 200 * MEGABYTE


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="only Linux tells a process its peak")
def test_a_call_that_holds_more_than_its_cap_is_refused_with_the_numbers():
    with pytest.raises(CapExceeded, match=r"needed 1[56]\d MB of memory, where 50 MB are ample"):
        capped(held, [2 * 10**7], bytes=50 * MEGABYTE)


def test_a_call_that_computes_longer_than_its_cap_is_refused_with_the_numbers():
    with pytest.raises(CapExceeded, match=r"needed 0\.[34] s of processor time, where 0\.1 s are ample"):
        capped(busy, [0.3], cpu_seconds=0.1)


def test_waiting_is_not_computing():
    assert capped(time.sleep, [0.3], cpu_seconds=0.1).cpu_seconds < 0.1


def test_where_memory_cannot_be_measured_processor_time_alone_counts(monkeypatch, tmp_path):
    monkeypatch.setattr(module, "HIGH_WATER_MARK", tmp_path / "no folder" / "clear_refs")
    assert capped(held, [2 * 10**7], bytes=1).peak_bytes is None
    with pytest.raises(CapExceeded, match="processor time"):
        capped(busy, [0.2], cpu_seconds=0.1, bytes=1)


def test_a_slow_machine_gives_more_time_as_far_as_right_code_needs_more_there():
    assert capped(busy, [0.2], cpu_seconds=0.1, yardstick=lambda seconds: busy(seconds / 3)).result == "done"
    with pytest.raises(CapExceeded, match=r"needed 0\.2 s of processor time, where 0\.1 s are ample"):
        capped(busy, [0.2], cpu_seconds=0.1, yardstick=lambda seconds: busy(seconds / 20))


def test_a_slow_yardstick_never_gives_as_much_time_as_the_wrong_order_needs():
    with pytest.raises(CapExceeded, match=r"where 0\.3 s are ample"):
        capped(busy, [0.5], cpu_seconds=0.05, yardstick=busy)


def test_the_yardstick_runs_only_when_a_cap_is_passed_and_on_arguments_that_nobody_changed():
    seen = []

    def emptied(numbers):
        numbers.zero_()
        return busy(0.1)

    capped(emptied, [torch.ones(3)], cpu_seconds=60, yardstick=seen.append)
    assert seen == []
    with pytest.raises(CapExceeded):
        capped(emptied, [torch.ones(3)], cpu_seconds=0.01, yardstick=seen.append)
    assert [one.tolist() for one in seen] == [[1.0, 1.0, 1.0]]


def test_a_capped_call_runs_in_one_thread_and_leaves_the_number_as_it_was():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        assert capped(torch.get_num_threads, []).result == 1
        with pytest.raises(ZeroDivisionError):
            capped(lambda: 1 / 0, [])
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_a_function_of_another_process_is_measured_by_who_holds_that_process():
    class Remote:
        def __capped__(self, args, **caps):
            return Spent((args, caps), 0.0, 0)

    spent = capped(Remote(), [1], cpu_seconds=2.0, bytes=3)
    assert spent.result == (
        [1],
        {"cpu_seconds": 2.0, "bytes": 3, "window": None, "read": None, "yardstick": None},
    )


def test_windows_are_the_rows_of_a_tensor_each_one_entry_further_on():
    numbers = torch.arange(numbers_for((3, 2)))
    assert windows(numbers, (3, 2)).tolist() == [[0, 1], [1, 2], [2, 3]]
    assert windows(torch.arange(numbers_for((2, 2, 3))), (2, 2, 3)).tolist() == [
        [[0, 1, 2], [1, 2, 3]],
        [[2, 3, 4], [3, 4, 5]],
    ]


def test_a_function_is_called_with_ordinary_tensors_in_the_place_of_vectors():
    def seen(x, matrix, number):
        return x.is_contiguous(), x.tolist(), matrix.shape, number

    result = on_windows(seen, (torch.arange(3), torch.ones(2, 2), 7), (2, 2))
    assert result == (True, [[0, 1], [1, 2]], (2, 2), 7)


def test_of_a_large_result_each_row_is_read_as_one_number():
    read = torch.tensor([1.0, 10.0])
    numbers = torch.tensor([1.0, 2.0, 3.0])
    assert on_windows(torch.clone, (numbers,), (2, 2), read).tolist() == [21.0, 32.0]
    assert capped(torch.clone, (numbers,), window=(2, 2), read=read).result.tolist() == [21.0, 32.0]
