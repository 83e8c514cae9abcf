"""Runs the Autobahn cases for servers at the address that is named, and prints a JSON object of each."""

import asyncio
import faulthandler
import json
import os
import sys

import kosoku

# Compression is not offered.
EXCLUDED = ["12.*", "13.*"]
# The cases wait for answers for a second or two, which a busy machine may take. One that fails is run again by itself.
ATTEMPTS = 3


async def run(address, cases, concurrency):
    try:
        return await kosoku.run_fuzzingclient(address, cases, EXCLUDED, concurrency=concurrency)
    except kosoku.FailureError as failure:
        return failure.results


async def main(address):
    results = {result.case_id: result for result in await run(address, None, 4)}
    for _ in range(1, ATTEMPTS):
        failed = [case for case, result in results.items() if not result.passed]
        if failed:
            results.update({result.case_id: result for result in await run(address, failed, 1)})
    for case, result in results.items():
        print(json.dumps({"case": case, "passed": result.passed, "result": result.result, "close": result.result_close}))


# Whatever ends the process otherwise says where.
faulthandler.enable()
asyncio.run(main(sys.argv[1]))
sys.stdout.flush()
# The library's own threads go on: one that calls Python while the interpreter is being taken down aborts the process.
os._exit(0)
