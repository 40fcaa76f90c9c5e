/* Asks a server so many times a second, whether or not it has answered: an open loop.
 * open_loop PORT RATE SECONDS CONNECTIONS SEED < REQUESTS > LATENCIES
 * Requests are read as a length of 4 bytes and so many bytes each, and rotated. Gaps between them
 * are drawn from an exponential distribution, as of clients that do not know each other. A latency
 * begins when its request was due, not when a connection was free for it (G. Tene, "How NOT to
 * measure latency", 2013). Written are the number of answers that were not 200, and all latencies
 * in seconds, as doubles. The program spins: give it a core of its own. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MOST_CONNECTIONS = 4096, ANSWER_BYTES = 1 << 16, EVENTS = 256 };

struct connection {
  int socket;
  double due;
  size_t read;
  char answer[ANSWER_BYTES];
};

struct request {
  const char* bytes;
  uint32_t length;
};

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void fail(const char* what) {
  fprintf(stderr, "open_loop: %s: %s\n", what, strerror(errno));
  exit(1);
}

/* SplitMix64 (Steele, Lea, Flood 2014). */
static double uniform(uint64_t* state) {
  uint64_t z = (*state += 0x9E3779B97F4A7C15u);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

static struct request* read_requests(size_t* count) {
  struct request* found = NULL;
  uint32_t length = 0;
  *count = 0;
  while (fread(&length, sizeof length, 1, stdin) == 1) {
    char* bytes = malloc(length);
    found = realloc(found, (*count + 1) * sizeof *found);
    if (bytes == NULL || found == NULL || fread(bytes, 1, length, stdin) != length) {
      fail("a request is cut");
    }
    found[(*count)++] = (struct request){bytes, length};
  }
  return found;
}

static int connect_to(int port) {
  const int opened = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int on = 1;
  if (opened < 0 || connect(opened, (struct sockaddr*)&address, sizeof address) != 0) {
    fail("connect");
  }
  setsockopt(opened, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  fcntl(opened, F_SETFL, O_NONBLOCK);
  return opened;
}

static void ask(struct connection* connection, struct request request, double due) {
  connection->due = due;
  connection->read = 0;
  for (uint32_t at = 0; at < request.length;) {
    const ssize_t sent =
        send(connection->socket, request.bytes + at, request.length - at, MSG_NOSIGNAL);
    if (sent > 0) {
      at += (uint32_t)sent;
    } else if (errno != EAGAIN) {
      fail("send");
    }
  }
}

/* Whether the answer is whole; then also whether it was 200. */
static int take(struct connection* connection, int* is_good) {
  const ssize_t got = recv(connection->socket, connection->answer + connection->read,
                           ANSWER_BYTES - 1 - connection->read, 0);
  if (got == 0 || (got < 0 && errno != EAGAIN)) fail("the server has left");
  if (got < 0) return 0;
  connection->read += (size_t)got;
  connection->answer[connection->read] = '\0';
  const char* const end = strstr(connection->answer, "\r\n\r\n");
  if (end == NULL) return 0;
  const char* const length = strcasestr(connection->answer, "content-length:");
  if (length == NULL) fail("an answer without a length");
  const size_t whole = (size_t)(end - connection->answer) + 4 + strtoul(length + 15, NULL, 10);
  if (connection->read < whole) return 0;
  *is_good = strncmp(connection->answer, "HTTP/1.1 200", 12) == 0;
  return 1;
}

int main(int argc, char** argv) {
  if (argc != 6) return 2;
  const double rate = atof(argv[2]), seconds = atof(argv[3]);
  const int num_connections = atoi(argv[4]);
  uint64_t state = strtoull(argv[5], NULL, 10);
  size_t num_requests = 0;
  struct request* const requests = read_requests(&num_requests);
  const size_t count = (size_t)(rate * seconds);
  double* const latencies = calloc(count + 1, sizeof *latencies);
  double* const due = calloc(count + 1, sizeof *due);
  struct connection* const connections = calloc((size_t)num_connections, sizeof *connections);
  int* const unused = calloc((size_t)num_connections, sizeof *unused);
  const int poll = epoll_create1(0);
  if (num_requests == 0 || count == 0 || num_connections < 1 ||
      num_connections > MOST_CONNECTIONS || latencies == NULL || due == NULL || poll < 0 ||
      connections == NULL || unused == NULL) {
    return 2;
  }
  int num_unused = 0;
  for (int i = 0; i < num_connections; ++i) {
    connections[i].socket = connect_to(atoi(argv[1]));
    struct epoll_event wanted = {.events = EPOLLIN, .data.u32 = (uint32_t)i};
    if (epoll_ctl(poll, EPOLL_CTL_ADD, connections[i].socket, &wanted) != 0) fail("epoll");
    unused[num_unused++] = i;
  }
  double at = now() + 0.01;
  for (size_t i = 0; i < count; ++i) {
    at += -log1p(-uniform(&state)) / rate;
    due[i] = at;
  }
  size_t sent = 0, answered = 0;
  double num_failed = 0;
  const double give_up = due[count - 1] + 30;
  while (answered < count) {
    const double moment = now();
    if (moment > give_up) fail("the server does not answer");
    while (sent < count && due[sent] <= moment && num_unused > 0) {
      ask(&connections[unused[--num_unused]], requests[sent % num_requests], due[sent]);
      ++sent;
    }
    struct epoll_event events[EVENTS];
    const int ready = epoll_wait(poll, events, EVENTS, 0);
    for (int i = 0; i < ready; ++i) {
      struct connection* const one = &connections[events[i].data.u32];
      int is_good = 0;
      if (!take(one, &is_good)) continue;
      num_failed += !is_good;
      latencies[answered++] = now() - one->due;
      unused[num_unused++] = (int)events[i].data.u32;
    }
  }
  if (fwrite(&num_failed, sizeof num_failed, 1, stdout) != 1 ||
      fwrite(latencies, sizeof *latencies, count, stdout) != count) {
    fail("write");
  }
  return 0;
}
