"""Takes events of webhooks, verifies them with the library of Standard Webhooks, and prints a line of JSON for each.

Usage: webhook_receiver.py PORT SECRET. Port 0 takes a free one; the first line says which.
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks import Webhook

secret = sys.argv[2]


def tell(value):
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            # Older than five minutes is refused, too.
            event = Webhook(secret).verify(body, headers)
        except Exception as error:
            tell({"refused": str(error)})
            self.send_response(401)
        else:
            tell({"id": headers["webhook-id"], "event": event})
            self.send_response(204)
        self.end_headers()

    def log_message(self, *arguments):
        pass


server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver)
tell({"port": server.server_address[1]})
server.serve_forever()
