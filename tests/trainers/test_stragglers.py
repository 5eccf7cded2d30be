"""What is left over of a failed read or write stays silent; what failed is raised."""

import asyncio
import gc
import logging

import pytest

from trainers.stragglers import without_stragglers


@pytest.fixture
def asyncio_log(caplog):
    """The records of asyncio, with its filters as they were before."""
    logger = logging.getLogger("asyncio")
    filters, logger.filters = logger.filters, []
    yield caplog
    logger.filters = filters


def leave_a_failed_task():
    async def fails():
        raise ValueError("out of range")

    async def main():
        task = asyncio.ensure_future(fails())
        await asyncio.sleep(0)
        del task

    asyncio.run(main())
    gc.collect()


def test_tasks_that_failed_besides_are_silent(asyncio_log):
    leave_a_failed_task()
    assert "exception was never retrieved" in asyncio_log.text, "otherwise this says nothing"
    asyncio_log.clear()
    with pytest.raises(ValueError, match="the first"), without_stragglers():
        raise ValueError("the first")
    leave_a_failed_task()
    assert asyncio_log.text == ""


def test_asyncio_speaks_of_all_else(asyncio_log):
    with pytest.raises(ValueError, match="the first"), without_stragglers():
        raise ValueError("the first")
    logging.getLogger("asyncio").error("the loop is slow")
    assert "the loop is slow" in asyncio_log.text
