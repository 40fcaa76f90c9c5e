// Tiles of rows come out of the runtime in the thread's scratch and go to their columns from there:
// 512 rows of a few features stay in the cache between the two.
#include "host/columns_of_plan.hpp"

#include <algorithm>
#include <vector>

#include "host/coded_table.hpp"
#include "host/label_column.hpp"
#include "host/match_columns.hpp"
#include "host/plan_features.hpp"
#include "host/predict_sparse.hpp"
#include "host/scratch.hpp"
#include "host/stream_values.hpp"
#include "host/thread_pool.hpp"

namespace mainspring {

namespace {

constexpr uint64_t kBlockTiles = 16;

struct Block {
  size_t batch;
  uint64_t first_row;  // in the batch
  uint64_t num_rows;
};

std::vector<Block> blocks_of(const std::vector<BatchColumns>& batches, size_t begin, size_t end) {
  constexpr uint64_t kBlockRows = kBlockTiles * kTileRows;
  std::vector<Block> blocks;
  for (size_t batch = begin; batch < end; ++batch) {
    const uint64_t num_rows = batches[batch].num_rows;
    for (uint64_t first = 0; first < num_rows; first += kBlockRows) {
      blocks.push_back({batch, first, std::min(kBlockRows, num_rows - first)});
    }
  }
  return blocks;
}

/// body(coded table, batch, first row in the batch, rows, first row in the table) for every tile,
/// on the pool. A BundleImage is asked for scores, a BundleView for features.
template <class Bundle, class Body>
void for_each_table_tile(const Bundle& bundle, const std::vector<BatchColumns>& batches,
                         const Body& body) {
  CodedTable coded(bundle, batches);
  for (size_t begin = 0; begin < batches.size();) {
    const size_t end = coded.prepare(begin);
    const std::vector<Block> blocks = blocks_of(batches, begin, end);
    parallel_for(blocks.size(), [&](uint64_t item, uint32_t) {
      const Block& block = blocks[item];
      for (uint64_t done = 0; done < block.num_rows; done += kTileRows) {
        const uint64_t first = block.first_row + done;
        const uint64_t count = std::min<uint64_t>(kTileRows, block.num_rows - done);
        body(coded, block.batch, first, count, batches[block.batch].first_row + first);
      }
    });
    begin = end;
  }
}

std::vector<ArrowColumns::Column> feature_columns(const PlanView& plan) {
  std::vector<ArrowColumns::Column> columns;
  for_each_feature(plan, [&](const OutputRecord& output, uint32_t within) {
    const bool is_id = output.kind == static_cast<uint8_t>(FeatureKind::kId);
    columns.push_back({feature_name(plan, output, within),
                       is_id ? ArrowColumns::Type::kInt32 : ArrowColumns::Type::kFloat32});
  });
  return columns;
}

bool has_nan(const float* values, uint64_t count) {
  uint32_t any = 0;
  for (uint64_t row = 0; row < count; ++row) any |= values[row] == values[row] ? 0u : 1u;
  return any != 0;
}

/// Features in columns of kTileRows to rows [first, first + count) of the columns.
void copy_columns(const float* features, uint64_t first, uint64_t count, ArrowColumns* columns) {
  const uint64_t width = columns->columns().size();
  for (uint32_t i = 0; i < width; ++i, features += kTileRows) {
    if (columns->columns()[i].type == ArrowColumns::Type::kInt32) {
      stream_ids(features, count, static_cast<int32_t*>(columns->values(i)) + first);
    } else if (stream_numbers(features, count, static_cast<float*>(columns->values(i)) + first)) {
      columns->note_missing(i);
    }
  }
  end_stream();
}

/// Rows of features to rows [first, first + count) of the columns.
void scatter(const float* rows, uint64_t first, uint64_t count, ArrowColumns* columns) {
  const uint64_t width = columns->columns().size();
  for (uint32_t i = 0; i < width; ++i) {
    if (columns->columns()[i].type == ArrowColumns::Type::kInt32) {
      auto* to = static_cast<int32_t*>(columns->values(i)) + first;
      for (uint64_t row = 0; row < count; ++row)
        to[row] = static_cast<int32_t>(rows[row * width + i]);
    } else {
      auto* to = static_cast<float*>(columns->values(i)) + first;
      for (uint64_t row = 0; row < count; ++row) to[row] = rows[row * width + i];
      if (has_nan(to, count)) columns->note_missing(i);
    }
  }
}

}  // namespace

ArrowColumns transform_to_columns(const BundleImage& bundle, const Table& table) {
  const BundleView& view = bundle.view();
  const std::vector<BatchColumns> batches = match_columns(bundle, table);
  const uint64_t width = view.plan.num_features;
  check_dense(view, table.num_rows());
  ArrowColumns columns(feature_columns(view.plan), table.num_rows());
  const Kernels& kernels = process_kernels();
  const auto run = [&](const CodedTable& coded, size_t at, uint64_t first, uint64_t count,
                       uint64_t table_row) {
    const BundleView& plan = coded.bundle();
    const ColumnView* from = batches[at].columns.data();
    const uint64_t length = scratch_bytes(plan);
    uint8_t* scratch = thread_scratch(length + kTileRows * width * sizeof(float));
    if (!view.plan.wide) {
      const auto num_rows = static_cast<uint32_t>(count);
      const float* features = transform_tile(plan, kernels, from, first, num_rows, scratch,
                                             thread_texts(), coded.columns(at));
      if (features == nullptr) throw std::bad_alloc();
      copy_columns(features, table_row, count, &columns);
      return;
    }
    auto* rows = reinterpret_cast<float*>(scratch + length);
    check_texts(transform_rows(plan, kernels, from, first, count, scratch, thread_texts(), rows,
                               width, coded.columns(at)));
    scatter(rows, table_row, count, &columns);
  };
  for_each_table_tile(view, batches, run);
  columns.mark_missing();
  return columns;
}

void transform_to_tensors(const BundleImage& bundle, const Table& table, float* dense,
                          int32_t* ids) {
  const BundleView& view = bundle.view();
  check_dense(view, table.num_rows());
  const std::vector<BatchColumns> batches = match_columns(bundle, table);
  std::vector<uint32_t> numbers, id_features;
  uint32_t feature = 0;
  for_each_feature(view.plan, [&](const OutputRecord& output, uint32_t) {
    const bool is_id = output.kind == static_cast<uint8_t>(FeatureKind::kId);
    (is_id ? id_features : numbers).push_back(feature++);
  });
  const uint64_t width = view.plan.num_features;
  const Kernels& kernels = process_kernels();
  for_each_table_tile(view, batches,
                      [&](const CodedTable& coded, size_t batch, uint64_t first, uint64_t count,
                          uint64_t table_row) {
                        const uint64_t length = scratch_bytes(coded.bundle());
                        uint8_t* scratch =
                            thread_scratch(length + kTileRows * width * sizeof(float));
                        auto* rows = reinterpret_cast<float*>(scratch + length);
                        check_texts(transform_rows(
                            coded.bundle(), kernels, batches[batch].columns.data(), first, count,
                            scratch, thread_texts(), rows, width, coded.columns(batch)));
                        float* number = dense + table_row * numbers.size();
                        int32_t* id = ids + table_row * id_features.size();
                        for (const float* row = rows; row != rows + count * width; row += width) {
                          for (const uint32_t from : numbers) *number++ = row[from];
                          for (const uint32_t from : id_features)
                            *id++ = static_cast<int32_t>(row[from]);
                        }
                      });
}

ArrowColumns features_to_columns(const BundleImage& bundle, const float* rows, uint64_t num_rows) {
  const uint64_t width = bundle.view().plan.num_features;
  check_dense(bundle.view(), num_rows);
  ArrowColumns columns(feature_columns(bundle.view().plan), num_rows);
  const uint64_t tiles = (num_rows + kTileRows - 1) / kTileRows;
  parallel_for(tiles, [&](uint64_t tile, uint32_t) {
    const uint64_t first = tile * kTileRows;
    scatter(rows + first * width, first, std::min<uint64_t>(kTileRows, num_rows - first), &columns);
  });
  columns.mark_missing();
  return columns;
}

namespace {

/// Calls write(row of the table, rows, their outputs row by row) for every tile.
template <class Write>
void predict_tiles(const BundleImage& bundle, const std::vector<BatchColumns>& batches,
                   OutputKind kind, const Write& write) {
  const BundleView& view = bundle.view();
  const Kernels& kernels = process_kernels();
  const uint64_t width = output_width(view, kind);
  for_each_table_tile(
      bundle, batches,
      [&](const CodedTable& coded, size_t batch, uint64_t first, uint64_t count,
          uint64_t table_row) {
        if (joins_sparse(view)) {
          std::vector<double> rows(count * width);
          predict_joined(bundle, batches[batch].columns.data(), first, count, kind, rows.data());
          write(table_row, count, rows.data());
          return;
        }
        const uint64_t length = coded.scratch_bytes();
        uint8_t* scratch = thread_scratch(length + kTileRows * width * sizeof(double));
        auto* rows = reinterpret_cast<double*>(scratch + length);
        check_texts(predict_rows(coded.bundle(), kernels, batches[batch].columns.data(), first,
                                 count, kind, scratch, thread_texts(), rows, coded.columns(batch),
                                 coded.ranked()));
        write(table_row, count, rows);
      });
}

}  // namespace

ArrowColumns predict_to_columns(const BundleImage& bundle, const Table& table, OutputKind kind,
                                std::span<const std::string> names) {
  const BundleView& view = bundle.view();
  const std::vector<BatchColumns> batches = match_columns(bundle, table);
  if (kind == OutputKind::kPredict && view.labels.num_labels != 0) {
    std::vector<double> numbers(table.num_rows());
    predict_tiles(bundle, batches, kind,
                  [&](uint64_t first, uint64_t count, const double* classes) {
                    std::copy_n(classes, count, numbers.data() + first);
                  });
    return label_column(view.labels, names[0], numbers);
  }
  const uint64_t width = names.size();
  std::vector<ArrowColumns::Column> described;
  for (const std::string& name : names) described.push_back({name, ArrowColumns::Type::kFloat64});
  ArrowColumns columns(std::move(described), table.num_rows());
  predict_tiles(bundle, batches, kind, [&](uint64_t first, uint64_t count, const double* rows) {
    for (uint32_t i = 0; i < width; ++i) {
      auto* to = static_cast<double*>(columns.values(i)) + first;
      for (uint64_t row = 0; row < count; ++row) to[row] = rows[row * width + i];
    }
  });
  return columns;
}

}  // namespace mainspring
