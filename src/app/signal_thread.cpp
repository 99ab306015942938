#include "app/signal_thread.h"

#include <pthread.h>
#include <signal.h>

namespace godwit {
namespace {

sigset_t signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGUSR1}) sigaddset(&set, number);
  return set;
}

}  // namespace

SignalThread::SignalThread(std::function<void()> asked)
    : asked_(std::move(asked)), thread_([this](const std::stop_token& own) { run(own); }) {}

SignalThread::~SignalThread() {
  thread_.request_stop();
  pthread_kill(thread_.native_handle(), SIGUSR1);
}

void SignalThread::block() {
  const sigset_t all = signals();
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

void SignalThread::run(const std::stop_token& own) {
  const sigset_t set = signals();
  int number = 0;
  while (!own.stop_requested() && sigwait(&set, &number) == 0)
    if (number != SIGUSR1) asked_();
}

}  // namespace godwit
