"""Holds a running relay to the description of its HTTP API: schemathesis asks what the description allows, and what it does
not, and looks at each answer.

    check_openapi.py http://127.0.0.1:8787 --seed 7 --token TOKEN

The token is that of an administrator of all rooms; without one the relay must ask for none. Exits with 0 when every answer
is as described, else with 1 and a report of what is not: each with the request, as a command of curl.
"""

import argparse
import copy
import json
import pathlib
import sys
import tempfile
import time
import urllib.error
import urllib.request

import jsonschema
import openapi_spec_validator
import referencing.jsonschema
import schemathesis
from schemathesis.cli import schemathesis as command_line

DESCRIPTION = pathlib.Path(__file__).parents[3] / "Sources/SyncHTTP/OpenAPI/openapi.json"

CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "positive_data_acceptance",
    "unsupported_method",
    "allow_header_conformance",
]
# Rooms in which something is, so that not all that is asked for is unknown.
ROOMS = ["user:ada", "notifications:ada", "activity:42"]
# The room of examples, in which nothing is.
EXAMPLE_ROOM = "project:42"
# Moments, of which a request has one at most.
MOMENTS = {"version", "update", "time"}

# What answers are taken for.
CONFIGURATION = """
[cache]
enabled = false
[output.sanitization]
keys-to-sanitize = ["authorization"]
sensitive-markers = ["authorization"]
[generation]
database = "none"
no-shrink = true
with-security-parameters = false
[checks.negative_data_rejection]
expected-statuses = ["400", "404", "409", "413", "429"]
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "404", "409", "429", "503"]
[phases.coverage]
unexpected-methods = ["GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "TRACE"]
"""


class Examples:
    """The examples in a description, each with its schema."""

    def __init__(self, description):
        self.description = description
        resource = referencing.jsonschema.DRAFT202012.create_resource(description)
        self.registry = referencing.Registry().with_resource("urn:description", resource)

    def check(self):
        """Tells of examples that are not as their schemas say."""
        for path, methods in self.description["paths"].items():
            for method, operation in methods.items():
                place = f"{method.upper()} {path}"
                for parameter in map(self.resolved, operation.get("parameters", [])):
                    yield from self.wrong(parameter, f"{place} {parameter['name']}")
                for part in [operation.get("requestBody", {}), *map(self.resolved, operation["responses"].values())]:
                    for content in part.get("content", {}).values():
                        yield from self.wrong(content, place)
        for name, schema in self.description["components"]["schemas"].items():
            for example in schema.get("examples", []):
                yield from self.wrong({"schema": schema, "example": example}, name)

    def resolved(self, part):
        while "$ref" in part:
            part = self.registry.resolver("urn:description").lookup(part["$ref"]).contents
        return part

    def wrong(self, part, place):
        examples = [example["value"] for example in part.get("examples", {}).values()]
        if "example" in part:
            examples.append(part["example"])
        schema = json.loads(json.dumps(part["schema"]).replace('"#/', '"urn:description#/'))
        validator = jsonschema.Draft202012Validator(schema, registry=self.registry)
        for example in examples:
            for error in validator.iter_errors(example):
                yield f"{place}: the example {json.dumps(example)}: {error.message}"


def narrowed(description, excluded, has_token):
    """The description with less freedom where schemas cannot say what only the relay knows, and without some operations."""
    project = description["paths"]["/api/activity"]
    description = json.loads(json.dumps(description).replace(EXAMPLE_ROOM, ROOMS[0]))
    description["paths"]["/api/activity"] = copy.deepcopy(project)
    description["components"]["schemas"]["ProjectRoom"]["examples"] = [EXAMPLE_ROOM]
    description["components"]["parameters"]["Project"]["example"] = EXAMPLE_ROOM
    if not has_token:
        description["security"] = []
    for path, methods in list(description["paths"].items()):
        for method in [method for method, operation in methods.items() if operation["operationId"] in excluded]:
            del methods[method]
        if not methods:
            del description["paths"][path]
    for operation in (operation for methods in description["paths"].values() for operation in methods.values()):
        for response in operation["responses"].values():
            # A next page is there only sometimes.
            response["links"] = {
                name: link
                for name, link in response.get("links", {}).items()
                if name != "next" and link["operationId"] not in excluded
            }
    schemas = description["components"]["schemas"]
    schemas["RoomName"] = {"anyOf": [{"enum": ROOMS}, schemas["RoomName"]]}
    draft = schemas["NotificationDraft"]["properties"]
    draft["category"]["enum"] = ["system", "user-action", "performance"]
    schemas["TimeZone"]["enum"] = ["Europe/Berlin", "UTC", "America/New_York"]
    # They are not the same.
    hours = schemas["QuietHours"]["properties"]
    hours["from"] = {"type": "string", "pattern": "^0[0-9]:[0-5][0-9]$"}
    hours["to"] = {"type": "string", "pattern": "^1[0-9]:[0-5][0-9]$"}
    return description


def texts(value):
    """All texts in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for element in value:
            yield from texts(element)
    elif isinstance(value, dict):
        for key, element in value.items():
            yield key
            yield from texts(element)


def is_positive(case):
    return case.meta is not None and case.meta.generation.mode.is_positive


@schemathesis.hook
def filter_case(context, case):
    """Leaves out texts that have no more characters than the limit, but may have more bytes."""
    return not is_positive(case) or all(len(text) <= 50 or text.isascii() for text in texts([case.query, case.body]))


@schemathesis.hook
def before_call(context, case, kwargs):
    """Makes sensible what is right by its schema."""
    if not is_positive(case):
        return
    for moment in sorted(MOMENTS & set(case.query or {}))[1:]:
        del case.query[moment]
    if isinstance(case.body, dict) and isinstance(case.body.get("expiryMilliseconds"), (int, float)):
        case.body["expiryMilliseconds"] = max(case.body["expiryMilliseconds"], int(time.time() + 3600) * 1000)
    if case.operation.path == "/api/metrics" and isinstance(case.body, list):
        # A metric is of one kind.
        for sample in case.body:
            sample["name"] = f"{sample['kind']}_{sample['name']}"[:100]


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """A relay that keeps documents in memory only has no histories, and says so."""
    if response is None or response.status_code != 503:
        return True
    try:
        return response.json()["error"]["code"] != "storeInMemory"
    except (ValueError, KeyError, TypeError):
        return True


class Relay:
    """The relay, as the check itself asks it."""

    def __init__(self, url, token):
        self.url = url.rstrip("/")
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def ask(self, method, path, body=None):
        request = urllib.request.Request(
            self.url + path, method=method, headers=self.headers, data=body and json.dumps(body).encode()
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            sys.exit(f"{method} {path}: {error.code} {error.read().decode()}")

    def fill(self):
        """Writes something to the rooms that are asked about."""
        self.ask("POST", "/api/activity", {"room": "project:42", "kind": "checked", "text": "by the description"})
        self.ask("POST", "/api/notifications?user=ada", {"category": "system", "title": "Checked"})
        self.ask("POST", "/api/notifications/marks?user=ada", {"mark": "read", "all": True})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url", help="where the relay listens")
    parser.add_argument("--token", help="of an administrator of all rooms")
    parser.add_argument("--seed", type=int, default=0, help="what requests are drawn from")
    parser.add_argument("--examples", type=int, default=20, help="requests for each operation that are drawn")
    parser.add_argument("--description", type=pathlib.Path, default=DESCRIPTION, help="the description")
    parser.add_argument(
        "--without", action="append", default=[], metavar="OPERATION", help="an operation that is left out"
    )
    parser.add_argument(
        "--without-check", action="append", default=[], metavar="CHECK", help="a check that is left out"
    )
    arguments = parser.parse_args()

    description = json.loads(arguments.description.read_text())
    openapi_spec_validator.validate(description)
    if wrong := list(Examples(description).check()):
        sys.exit("\n".join(wrong))
    relay = Relay(arguments.url, arguments.token)
    if "getDescription" not in arguments.without and relay.ask("GET", "/api/openapi.json") != description:
        sys.exit(f"GET /api/openapi.json: not what is in {arguments.description}")
    relay.fill()

    checks = CHECKS + (["ignored_auth"] if arguments.token else [])
    with tempfile.TemporaryDirectory() as folder:
        configuration = pathlib.Path(folder, "schemathesis.toml")
        configuration.write_text(CONFIGURATION)
        described = pathlib.Path(folder, "openapi.json")
        described.write_text(json.dumps(narrowed(description, set(arguments.without), bool(arguments.token))))
        options = ["--config-file", str(configuration), "run", str(described), "--url", arguments.url]
        options += ["--seed", str(arguments.seed), "--max-examples", str(arguments.examples), "--continue-on-failure"]
        options += ["--checks", ",".join(check for check in checks if check not in arguments.without_check)]
        options += ["--warnings", "off", "--suppress-health-check", "all", "--no-color"]
        if arguments.token:
            options += ["--header", f"Authorization: Bearer {arguments.token}"]
        print(f"seed {arguments.seed}", flush=True)
        command_line.main(options)


if __name__ == "__main__":
    main()
