"""What goes wrong with a service, done to one: many at once, slow and half requests, bodies and
addresses made to harm, a full disk, a kill under load, and a long mixed load that may not make it
grow. Run by test_faults.sh in its folder, with a shop `tea` that has a forecast.

    python faults.py SKUA [REQUESTS-OF-THE-SOAK]
"""
import http.client
import json
import os
import random
import re
import resource
import select
import signal
import socket
import subprocess
import sys
import threading
import time

skua = sys.argv[1]
soak_requests = int(sys.argv[2]) if len(sys.argv) > 2 else 4000
SHOP = "/v1/shops/tea"
failures = []


def expect(good, what):
    if not good:
        failures.append(what)
        print(f"FAILED: {what}", flush=True)


class Service:
    def __init__(self, *options, before=None):
        self.process = subprocess.Popen([skua, "serve", "tea", "--port", "0", *options], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, preexec_fn=before)
        self.port = int(re.search(r"127\.0\.0\.1:(\d+)", self.process.stdout.readline()).group(1))
        for _ in range(600):
            if self.ask("GET", "/readyz")[0] == 200:
                return
            time.sleep(0.1)
        raise SystemExit("the service did not start")

    def ask(self, method, path, body=None, headers=None, timeout=60):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, body, headers or ({"Content-Type": "application/json"} if body else {}))
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=60)

    def raw(self, request):
        """What comes back for bytes sent as they are, until the service closes or has answered."""
        with self.connect() as s:
            s.settimeout(10)
            s.sendall(request)
            s.shutdown(socket.SHUT_WR)
            answer = b""
            try:
                while more := s.recv(65536):
                    answer += more
            except (TimeoutError, ConnectionError):
                pass
            return answer

    def metric(self, name):
        return float(re.search(rf"^{name} (\S+)$", self.ask("GET", "/metrics")[1].decode(), re.M).group(1))

    def stop(self):
        self.process.terminate()
        return self.process.wait(60)


def read_answer(s):
    """One answer of a kept connection: its status."""
    text = b""
    while b"\r\n\r\n" not in text:
        more = s.recv(65536)
        if not more:
            raise ConnectionError("closed")
        text += more
    head, _, rest = text.partition(b"\r\n\r\n")
    left = int(re.search(rb"Content-Length: (\d+)", head).group(1)) - len(rest)
    while left > 0:
        left -= len(s.recv(65536))
    return int(head.split()[1])


def many_at_once():
    """Callers in step: libmicrohttpd's epoll waits for one more event when 128 are ready at once, so a
    thread holds fewer. Those that it does not hold wait until others leave."""
    service = Service("--threads", "1")
    callers = [service.connect() for _ in range(128)]
    answered = callers
    for _ in range(15):
        for c in answered:
            c.sendall(f"GET {SHOP}/items/sku01/forecast HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        waiting, answered, until = set(answered), [], time.monotonic() + 15
        while waiting and len(answered) < 120 and time.monotonic() < until:
            for c in select.select(list(waiting), [], [], 1)[0]:
                expect(read_answer(c) == 200, "a caller in step is answered")
                waiting.discard(c)
                answered.append(c)
        expect(len(answered) >= 120, f"of 128 callers in step {len(answered)} are answered")
    for c in answered:
        c.close()
    for c in set(callers) - set(answered):
        expect(read_answer(c) == 200, "a caller that had to wait is answered")
        c.close()
    service.stop()


def slow_and_half(service):
    held = [service.connect() for _ in range(60)]
    for s in held:
        s.sendall(b"GET /healthz HTTP/1.1\r\nHost: loc")
    for path in ("/healthz", SHOP + "/items/sku01/forecast"):
        expect(service.ask("GET", path, timeout=20)[0] == 200, f"{path} is answered beside 60 half requests")
    for s in held:
        s.close()
    status, body = service.ask("POST", SHOP + "/uploads", '{"name":"half.csv"}')
    upload = json.loads(body)["upload"]
    with service.connect() as s:
        s.sendall(f"PUT {SHOP}/uploads/{upload}?offset=0 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n".encode() + b"x" * 400)
        time.sleep(0.3)
    for _ in range(100):
        received = json.loads(service.ask("GET", f"{SHOP}/uploads/{upload}")[1])["received"]
        if received == 0:
            break
        time.sleep(0.1)
    expect(received == 0, f"of a part that broke off nothing is kept, not {received} bytes")
    expect(service.ask("PUT", f"{SHOP}/uploads/{upload}?offset=0", b"a,b\n1,2\n")[0] == 200, "the part can be sent again")
    expect(service.ask("DELETE", f"{SHOP}/uploads/{upload}")[0] == 200, "an upload is thrown away")
    # libmicrohttpd does not always see at once that a connection closed in the middle of its headers: it
    # ends with the idle time, 30 s
    for _ in range(600):
        if service.metric("skua_requests_in_flight") <= 1:
            break
        time.sleep(0.1)
    expect(service.metric("skua_requests_in_flight") <= 1, "no request that broke off counts as under way")


def made_to_harm(service):
    post = "POST {} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{}\r\n{}"
    bombs = {
        "deep": '{"verb":' + "[" * 100000,
        "deep, closed": '{"settings":{"levels":' + '{"a":' * 20000 + "1" + "}" * 20002,
        "a long number": '{"verb":"check","settings":{"horizon":' + "9" * 500000 + "}}",
        "an exponent": '{"verb":"check","settings":{"horizon":1e99999999}}',
        "many members": "{" + ",".join(f'"k{i}":1' for i in range(60000)) + "}",
        "the same member": "{" + ",".join('"verb":"check"' for _ in range(60000)) + ',"verb":"no"}',
        "broken UTF-8": '{"verb":"\udcff"}',
        "half a surrogate": '{"verb":"\\ud800"}',
        "no object": "[" + "1," * 1000 + "1]",
        "a zero": '{"verb":"che\\u0000ck"}',
    }
    for name, body in bombs.items():
        began = time.monotonic()
        status, answer = service.ask("POST", SHOP + "/jobs", body.encode("utf-8", "surrogateescape"), {"Content-Type": "application/json"})
        expect(400 <= status < 500 and "code" in json.loads(answer), f"{name}: refused with a reason, not {status}")
        expect(time.monotonic() - began < 10, f"{name}: refused at once")
    for name, request in {
        "two lengths": post.format(SHOP + "/jobs", "Content-Length: 5\r\nContent-Length: 50\r\n", '{"verb":"check"}'),
        "length and chunks": post.format(SHOP + "/jobs", "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\nGET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        "a length in words": post.format(SHOP + "/jobs", "Content-Length: many\r\n", "{}"),
        "a negative length": post.format(SHOP + "/jobs", "Content-Length: -1\r\n", "{}"),
        "a broken chunk": post.format(SHOP + "/jobs", "Transfer-Encoding: chunked\r\n", "zz\r\n{}\r\n0\r\n\r\n"),
        "no host": "GET /v1/shops HTTP/1.1\r\n\r\n",
        "no HTTP": "\x16\x03\x01\x02\x00\x01",
    }.items():
        answer = service.raw(request.encode("latin-1"))
        expect(not re.search(rb"HTTP/1.1 [23]\d\d", answer), f"{name}: not taken: {answer[:60]}")
    for path in ("/../../../../etc/passwd", "/assets/../../../etc/passwd", "/assets/..%2f..%2f..%2fetc%2fpasswd", "/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd", "/assets/..%5c..%5cetc%5cpasswd",
                 "/v1/shops/..%2ftea/items", SHOP + "/uploads/..%2f..%2fshop.duckdb", SHOP + "/items/..%2f..%2f..%2fetc%2fpasswd", "/assets/%00", "/" + "a/" * 3000):
        answer = service.raw(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        expect(re.match(rb"HTTP/1.1 4\d\d", answer) and b"root:" not in answer, f"{path[:60]}: refused, not {answer[:40]}")
    for path in ("/%0d%0aX-Evil:%201", SHOP + "/items/a%0d%0aX-Evil:%201", "/v1/shops/%0aX-Evil:%201/items", SHOP + "/items?search=%0d%0aX-Evil:%201"):
        head = service.raw(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()).partition(b"\r\n\r\n")[0]
        expect(b" 400 " in head and b"evil" not in head.lower(), f"{path}: no header of its own")
    for name, header in (("another site", {"Origin": "https://evil.example"}), ("no site", {"Origin": "null"}), ("a frame of another", {"Sec-Fetch-Site": "cross-site"})):
        status, _ = service.ask("POST", SHOP + "/jobs", '{"verb":"check"}', {"Content-Type": "application/json", **header})
        expect(status == 403, f"a post of {name} is refused, not {status}")
    expect(json.loads(service.ask("GET", SHOP + "/jobs")[1])["jobs"] == [], "nothing of all that began to work")
    expect(service.ask("GET", "/healthz")[0] == 200, "the service stands")


def full_disk():
    """Files may grow to 64 kB only, which writes meet as they meet a full disk."""
    if "TSAN_OPTIONS" in os.environ:
        print("full disk: skipped, the thread sanitizer maps larger files of its own", flush=True)
        return

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))

    service = Service(before=limit)
    upload = json.loads(service.ask("POST", SHOP + "/uploads", '{"name":"large.csv"}')[1])["upload"]
    path = f"{SHOP}/uploads/{upload}"
    expect(service.ask("PUT", path + "?offset=0", b"x" * 60000)[0] == 200, "what has room is taken")
    status, body = service.ask("PUT", path + "?offset=60000", b"x" * 60000)
    expect(status == 507 and json.loads(body)["code"] == "no_space", f"a full disk is said, not {status}")
    expect(json.loads(service.ask("GET", path)[1])["received"] == 60000, "half a part is taken back")
    expect(service.ask("PUT", path + "?offset=60000", b"x" * 5000)[0] == 200, "what still fits goes on from there")
    expect(service.ask("GET", SHOP + "/items/sku01/forecast")[0] == 200, "forecasts are answered all the same")
    expect(service.stop() == 0, "it stops as ever")


def killed():
    service = Service()
    before = service.ask("GET", SHOP + "/items/sku01/forecast")[1]
    upload = json.loads(service.ask("POST", SHOP + "/uploads", '{"name":"more.csv"}')[1])["upload"]
    kept = b"item,ds,units\n" + b"sku01,2023-03-13,5\n" * 1000
    expect(service.ask("PUT", f"{SHOP}/uploads/{upload}?offset=0", kept)[0] == 200, "a part is taken")

    def load():
        try:
            while True:
                service.ask("GET", f"{SHOP}/items/sku0{random.randint(1, 4)}/forecast")
        except OSError:
            pass
        except http.client.HTTPException:
            pass

    callers = [threading.Thread(target=load) for _ in range(8)]
    for c in callers:
        c.start()
    status, body = service.ask("POST", SHOP + "/jobs", '{"verb":"forecast","settings":{"horizon":6,"preset":"fast"}}')
    expect(status == 202, "a job begins")
    time.sleep(0.5)
    service.process.kill()
    service.process.wait()
    for c in callers:
        c.join()
    again = Service()
    status, body = again.ask("GET", SHOP + "/items/sku01/forecast")
    expect(status == 200 and len(json.loads(body)["series"][0]["mean"]) in (6, len(json.loads(before)["series"][0]["mean"])), "after a kill a whole forecast is there, the old or the new")
    expect(json.loads(again.ask("GET", f"{SHOP}/uploads/{upload}")[1])["received"] == len(kept), "an acknowledged part outlives a kill")
    again.stop()
    done = subprocess.run([skua, "forecast", "tea", "--horizon", "7", "--preset", "fast", "--wait", "120s", "-q"], capture_output=True, text=True)
    expect(done.returncode == 0, f"the workspace works after a kill: {done.stderr[-200:]}")


def soak(service):
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)
    rng, tag = random.Random(1), [""]
    jobs = [("GET", SHOP), ("GET", SHOP + "/items?search=sku&limit=3"), ("GET", SHOP + "/items/sku02/history"), ("GET", SHOP + "/items/sku03/forecast?format=csv"), ("GET", SHOP + "/forecasts"), ("GET", SHOP + "/items/none"),
            ("POST", SHOP + "/items/sku01/forecast"), ("GET", SHOP + "/items/sku01/findings"), ("GET", "/metrics"), ("GET", "/openapi.json"), ("GET", SHOP + "/jobs"), ("GET", "/no%zz"), ("GET", SHOP + "/runs"), ("GET", SHOP + "/model")]

    def some(n):
        for _ in range(n):
            method, path = rng.choice(jobs) if rng.random() < 0.5 else ("GET", f"{SHOP}/items/sku0{rng.randint(1, 4)}/forecast")
            headers = {"Accept-Encoding": "gzip"} if rng.random() < 0.3 else {}
            if rng.random() < 0.2 and tag[0]:
                headers["If-None-Match"] = tag[0]
            if method == "POST":
                headers["Content-Type"] = "application/json"
            connection.request(method, path, "{}" if method == "POST" else None, headers)
            answer = connection.getresponse()
            answer.read()
            tag[0] = answer.getheader("ETag") or tag[0]
            expect(answer.status in (200, 304, 400, 404), f"{method} {path}: {answer.status}")

    some(max(500, soak_requests // 10))
    before = service.metric("process_resident_memory_bytes")
    some(soak_requests)
    grown = (service.metric("process_resident_memory_bytes") - before) / 2**20
    print(f"soak: {soak_requests} mixed requests, {before / 2**20:.0f} MB, grown by {grown:.1f} MB", flush=True)
    expect(grown < 6, f"memory is steady, not {grown:.1f} MB more")


service = Service()
slow_and_half(service)
made_to_harm(service)
soak(service)
expect(service.stop() == 0, "it stops as ever")
many_at_once()
full_disk()
killed()
sys.exit(1 if failures else 0)
