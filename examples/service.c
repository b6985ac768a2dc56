/* A service with a shop inside:
 *
 *     cc service.c $(pkg-config --cflags --libs skua) -o service && ./service SHOP
 *     curl http://127.0.0.1:PORT/forecast/ITEM
 *
 * It answers from a snapshot in memory, so that other processes may work on the shop meanwhile, and
 * loads another one when the shop has moved. The port, any that is free, is told on the first line.
 * One request at a time, on loopback: `skua serve` is the service for more. */
#include <arpa/inet.h>
#include <skua.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REQUEST_MOST = 4096, ANSWER_MOST = 1 << 16 };

typedef struct answer {
    char text[ANSWER_MOST];
    size_t size;
} answer;

static void put(answer *a, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(a->text + a->size, sizeof a->text - a->size, format, arguments);
    va_end(arguments);
    if (n > 0) a->size += (size_t)n < sizeof a->text - a->size ? (size_t)n : 0;
}

/* The stored forecast of every channel of an item; false: there is no such item. */
static bool put_forecast(answer *a, const skua_snapshot *snapshot, const char *name) {
    size_t found = skua_snapshot_find(snapshot, name);
    if (found == SKUA_NONE) return false;
    const skua_item *item = skua_snapshot_item(snapshot, found);
    put(a, "{\"run\": \"%s\", \"series\": [", skua_snapshot_run(snapshot));
    for (size_t i = 0; i < item->n_series; i++) {
        skua_series series;
        char day[32];
        skua_snapshot_series(snapshot, item->first_series + i, &series);
        put(a, "%s{\"first\": \"%s\", \"mean\": [", i ? ", " : "",
            skua_snapshot_period(snapshot, series.first, day));
        for (size_t h = 0; h < series.horizon; h++)
            put(a, "%s%.3f", h ? ", " : "", series.mean[h]);
        put(a, "]}");
    }
    put(a, "]}\n");
    return true;
}

/* Load anew when the shop's generation has moved; the old one answers while that fails. */
static void refresh(skua_shop *shop, skua_snapshot **snapshot) {
    int64_t generation;
    skua_snapshot *fresh;
    if (skua_shop_generation(shop, &generation, NULL) != SKUA_OK ||
        generation == skua_snapshot_generation(*snapshot) ||
        skua_snapshot_load(shop, &fresh, NULL) != SKUA_OK)
        return;
    skua_snapshot_free(*snapshot);
    *snapshot = fresh;
}

static void serve_one(int client, const skua_snapshot *snapshot) {
    static answer a; /* one request at a time */
    char request[REQUEST_MOST], item[256] = "", head[128];
    ssize_t n = read(client, request, sizeof request - 1);
    request[n > 0 ? n : 0] = '\0';
    a.size = 0;
    bool good =
        sscanf(request, "GET /forecast/%255[^ ?]", item) == 1 && put_forecast(&a, snapshot, item);
    if (!good) put(&a, "{\"error\": \"ask for /forecast/ITEM of an item that there is\"}\n");
    int h = snprintf(head, sizeof head,
                     "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n"
                     "Connection: close\r\n\r\n",
                     good ? "200 OK" : "404 Not Found", a.size);
    if (write(client, head, (size_t)h) == h && write(client, a.text, a.size) < 0)
        perror("a client went away");
}

static int listen_somewhere(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    int server = socket(AF_INET, SOCK_STREAM, 0);
    if (server < 0 || bind(server, (struct sockaddr *)&address, size) != 0 ||
        listen(server, 16) != 0 || getsockname(server, (struct sockaddr *)&address, &size) != 0) {
        perror("no port");
        exit(1);
    }
    printf("http://127.0.0.1:%d/forecast/\n", (int)ntohs(address.sin_port));
    fflush(stdout);
    return server;
}

int main(int argc, char **argv) {
    skua_shop *shop = NULL;
    skua_snapshot *snapshot = NULL;
    skua_error err;
    if (argc != 2) {
        fprintf(stderr, "usage: %s SHOP\n", argv[0]);
        return 2;
    }
    if (skua_shop_open(argv[1], &shop, &err) != SKUA_OK ||
        skua_snapshot_load(shop, &snapshot, &err) != SKUA_OK) {
        fprintf(stderr, "%s\n", err.message);
        skua_shop_close(shop);
        return 1;
    }
    for (int server = listen_somewhere();;) {
        int client = accept(server, NULL, NULL);
        if (client < 0) continue;
        refresh(shop, &snapshot);
        serve_one(client, snapshot);
        close(client);
    }
}
