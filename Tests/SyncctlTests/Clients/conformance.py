"""Runs the Autobahn cases for servers at the address that is named, and prints a JSON object of each that ends."""

import asyncio
import json
import sys

import kosoku

# Compression is not offered.
EXCLUDED = ["12.*", "13.*"]


async def main(address):
    try:
        results = await kosoku.run_fuzzingclient(address, exclude_cases=EXCLUDED, concurrency=4)
    except kosoku.FailureError as failure:
        results = failure.results
    for result in results:
        line = {"case": result.case_id, "passed": result.passed, "result": result.result, "close": result.result_close}
        print(json.dumps(line))


asyncio.run(main(sys.argv[1]))
