// Predicts from a matrix on standard input through mainspring.hpp: predict BUNDLE [deny]
#include "mainspring.hpp"

#include <cstdio>

int main(int argc, char** argv) {
  try {
    const bool deny = argc > 2;
    mainspring::Predictor predictor(mainspring::read_file(argv[1]),
                                    [deny](const uint8_t* bytes, uint64_t length) {
                                      return !deny && length > 8 && *bytes != 0;
                                    });
    std::vector<double> rows;
    double number = 0;
    while (std::fread(&number, sizeof number, 1, stdin) == 1) rows.push_back(number);
    const std::vector<double> out =
        predictor.predict(rows.data(), rows.size() / predictor.num_features(), MAINSPRING_RAW);
    std::fwrite(out.data(), sizeof(double), out.size(), stdout);
    return 0;
  } catch (const mainspring::Failure& failure) {
    std::fprintf(stderr, "%s\n", failure.what());
    return static_cast<int>(10 + failure.code);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
}
