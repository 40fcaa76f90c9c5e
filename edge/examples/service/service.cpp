// A service that embeds the engine: lines in, predictions out, several threads, and a model that is
// changed while it answers.
//
//   service BUNDLE [THREADS]
//
// Every line of standard input is a row: values in the order of the bundle's inputs, which are
// printed first, with commas between them; nothing is a missing value. The answer to line N is
// `N<tab>` and the outputs, or `N<tab>error: ` and what is wrong; answers come as they are ready.
// `reload BUNDLE` swaps the model: rows behind that line are answered by the new one, rows before
// it by one of the two, and no row by a mixture. A bundle that cannot be opened changes nothing.
#include <condition_variable>
#include <cstdio>
#include <deque>
#include <exception>
#include <iostream>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "model.hpp"

namespace {

/// Rows that a thread takes at once: more are scored faster, fewer are answered sooner.
constexpr std::size_t kMostRows = 256;

/// The model in use. The lock is held for the copy of a pointer; whoever has copied it keeps the
/// model alive until its rows are done.
class Current {
 public:
  std::shared_ptr<const Model> get() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return model_;
  }
  void set(std::shared_ptr<const Model> model) {
    const std::lock_guard<std::mutex> lock(mutex_);
    model_.swap(model);  // the old one goes when the last thread has let go of it
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Model> model_;
};

struct Line {
  std::uint64_t number;
  std::string text;
};

class Queue {
 public:
  void push(Line line) {
    std::unique_lock<std::mutex> lock(mutex_);
    room_.wait(lock, [this] { return lines_.size() < 16 * kMostRows; });
    lines_.push_back(std::move(line));
    ready_.notify_one();
  }
  void close() {
    const std::lock_guard<std::mutex> lock(mutex_);
    closed_ = true;
    ready_.notify_all();
  }
  /// What waits, at most kMostRows; nothing when there will be no more.
  void pop(std::vector<Line>& taken) {
    taken.clear();
    std::unique_lock<std::mutex> lock(mutex_);
    ready_.wait(lock, [this] { return closed_ || !lines_.empty(); });
    while (!lines_.empty() && taken.size() < kMostRows) {
      taken.push_back(std::move(lines_.front()));
      lines_.pop_front();
    }
    room_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable ready_, room_;
  std::deque<Line> lines_;
  bool closed_ = false;
};

void append_number(std::string& to, double number) {
  char text[40];
  std::snprintf(text, sizeof text, "%.17g", number);
  to += text;
}

/// The answers to some lines, all by one model.
std::string answer(const Model& model, Rows& rows, const std::vector<Line>& lines,
                   std::vector<std::uint64_t>& numbers) {
  std::string answers;
  rows.clear(model);
  numbers.clear();
  for (const Line& line : lines) {
    try {
      rows.add(model, line.text);
      numbers.push_back(line.number);
    } catch (const std::exception& error) {
      answers += std::to_string(line.number) + "\terror: " + error.what() + "\n";
    }
  }
  if (numbers.empty()) return answers;
  const double* out = nullptr;
  std::string failure;
  try {
    out = rows.predict(model);
  } catch (const std::exception& error) {
    failure = error.what();
  }
  for (const std::uint64_t number : numbers) {
    answers += std::to_string(number) + "\t";
    if (out == nullptr) answers += "error: " + failure;
    for (std::uint32_t i = 0; out != nullptr && i < model.width(); ++i) {
      if (i != 0) answers += ' ';
      append_number(answers, *out++);
    }
    answers += '\n';
  }
  return answers;
}

void serve(const Current& current, Queue& queue, std::mutex& output) {
  Rows rows;
  std::vector<Line> lines;
  std::vector<std::uint64_t> numbers;
  for (queue.pop(lines); !lines.empty(); queue.pop(lines)) {
    const std::string answers = answer(*current.get(), rows, lines, numbers);
    const std::lock_guard<std::mutex> lock(output);
    std::fwrite(answers.data(), 1, answers.size(), stdout);
    std::fflush(stdout);
  }
}

void read_lines(Current& current, Queue& queue) {
  const std::string reload = "reload ";
  std::string text;
  for (std::uint64_t number = 1; std::getline(std::cin, text); ++number) {
    if (text.compare(0, reload.size(), reload) != 0) {
      queue.push({number, std::move(text)});
      continue;
    }
    try {
      current.set(std::make_shared<const Model>(text.substr(reload.size())));
    } catch (const std::exception& error) {
      std::fprintf(stderr, "service: the model stays: %s\n", error.what());
    }
  }
}

void print_inputs(const Model& model) {
  std::string names;
  for (const mainspring_input& input : model.inputs()) {
    if (!names.empty()) names += ',';
    names.append(input.name, input.name_length);
  }
  std::fprintf(stderr, "service: inputs %s\n", names.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2 || argc > 3) {
    std::fprintf(stderr, "usage: service BUNDLE [THREADS]\n");
    return 2;
  }
  try {
    const int wanted = argc == 3 ? std::stoi(argv[2]) : 2;
    Current current;
    current.set(std::make_shared<const Model>(argv[1]));
    print_inputs(*current.get());
    Queue queue;
    std::mutex output;
    std::vector<std::thread> threads;
    for (int i = 0; i < (wanted < 1 ? 1 : wanted); ++i) {
      threads.emplace_back([&] { serve(current, queue, output); });
    }
    read_lines(current, queue);
    queue.close();
    for (std::thread& thread : threads) thread.join();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "service: %s\n", error.what());
    return 2;
  }
  return 0;
}
