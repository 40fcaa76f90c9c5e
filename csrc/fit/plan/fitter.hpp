// Learns what expressions need from tables, in as few passes as there can be, and compiles it: the
// native half of Preprocessor.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fit/plan/compile_plan.hpp"
#include "fit/plan/fit_rounds.hpp"
#include "fit/plan/learn_round.hpp"
#include "host/sparse_rows.hpp"

namespace mainspring {

/// Not safe for two threads at once. Every method that throws leaves the object as it was.
class Fitter {
 public:
  /// Enough for ids of most tables: some 60 bytes each, and their own beyond 23.
  static constexpr FitLimits kDefaultLimits{4000000, 4000000};

  /// limits.max_keys: most distinct keys of a column, or n-grams, that are held while fitting;
  /// where there are more, the lightest go (fit/transforms/key_index.hpp). limits.max_values: most
  /// distinct numbers of which all ranks are held; where there are more, a sketch of them
  /// (fit/transforms/value_runs.hpp). Throws Error(kParameter) for expressions that cannot be,
  /// whatever the data, and for a limit of 0.
  explicit Fitter(std::vector<Expression> expressions, FitLimits limits = kDefaultLimits);

  FitLimits limits() const { return limits_; }
  struct LimitedColumn {
    std::string column;
    uint64_t error;
  };
  /// Columns of which not all keys were held, see KeyIndex::error(). In the order in which
  /// expressions name them, each once.
  std::vector<LimitedColumn> limited_columns() const;
  /// The same of those that have a sketch of ranks, see ValueRuns::rank_error().
  std::vector<LimitedColumn> sketched_columns() const;

  const std::vector<Expression>& expressions() const { return expressions_; }
  /// Passes over the data that fit() makes; 0 where nothing is learnt.
  uint32_t num_rounds() const { return num_rounds_; }
  bool uses_target() const { return !target_user_.empty(); }
  /// Rows learnt from so far.
  uint64_t num_rows() const { return learnt_.has_value() ? learnt_->num_rows : 0; }
  bool is_fitted() const { return learnt_.has_value(); }
  /// Whether the states are there that merge() and write() need.
  bool has_states() const { return learnt_.has_value() && learnt_->has_states; }

  /// Zones that operators want the tables of and that have not been added, for a fit that begins
  /// with this table. Throws what that fit would throw for the types of its columns.
  std::vector<std::string> missing_zones(const Table& table) const;
  /// UTC seconds of the transitions and the offsets from them on; see build_zone_table.
  void add_zone(const std::string& name, int32_t first_offset,
                const std::vector<int64_t>& transitions, const std::vector<int32_t>& offsets);

  using Interrupt = std::function<void()>;
  /// Forgets what was learnt and learns from this table alone. `target` has one value for each row,
  /// or is null. `cross_fit`: prepare transform_training() for this table.
  void fit(const Table& table, const double* target, bool cross_fit, const Interrupt& interrupt);
  /// The same over parts of the input, one after another: begin_fit(), then num_passes() times
  /// fit_part() for every part and end_pass(), then finish_fit(). Until then nothing that was
  /// learnt before changes; an exception from one of them ends the fit that is under way.
  void begin_fit(bool cross_fit);
  void fit_part(const Table& table, const double* target, const Interrupt& interrupt);
  void end_pass();
  void finish_fit();
  /// Ends the fit that is under way, if there is one.
  void abandon_fit() { draft_.reset(); }
  /// Passes that begin_fit() asks for: one also where nothing is learnt, to see the columns.
  uint32_t num_passes() const { return num_rounds_ == 0 ? 1 : num_rounds_; }
  /// The same over parts that other processes read, each pass as often as there are parts:
  ///
  ///   here, at the start of a pass   bind_fit() before the first one, base = fit_bytes()
  ///   elsewhere                      resume_fit(base, first_row), fit_part() ..., shard_bytes()
  ///   anywhere                       resume_fit(base, 0), add_shard() ..., shard_bytes()
  ///   here, at its end               add_shard() ..., end_pass()
  ///
  /// Shards may be added in any order and grouping. After the last pass fit_bytes() and
  /// finish_fit() elsewhere give what finish_fit() gives here.
  ///
  /// Binds the columns of a fit that has begun, as its first part would, by their types alone.
  void bind_fit(const Table& table);
  /// The fit that is under way, between two passes. Throws Error(kParameter) in the middle of one.
  std::vector<uint8_t> fit_bytes() const;
  /// `first_row`: number of the first row over the whole input, which decides folds.
  static Fitter resume_fit(std::string_view fit_bytes, uint64_t first_row);
  /// Between two parts: the next one begins another share of the input, at this row of it.
  void begin_share(uint64_t first_row);
  /// What this pass has learnt so far. Throws Error(kParameter) before bind_fit().
  std::vector<uint8_t> shard_bytes();
  /// Adds what shard_bytes() gave for other parts of the same pass; fit_part() may not follow.
  /// Throws Error(kParameter) for a shard of another pass, kBundleCorrupt for other bytes.
  void add_shard(std::string_view shard_bytes);

  /// Learns from this table too. Throws Error(kParameter) naming the expression and the operator
  /// when more than one round is needed.
  void partial_fit(const Table& table, const double* target, const Interrupt& interrupt);
  /// The same over parts of the input: begin_partial_fit() instead of begin_fit(), then fit_part()
  /// for every part and finish_partial_fit().
  void begin_partial_fit();
  void finish_partial_fit();
  /// Adds what `other` has learnt. Throws Error(kParameter) when its expressions differ or either
  /// has no states.
  void merge(const Fitter& other);

  /// A bundle of the transforms alone. Throws Error(kNotFitted).
  std::vector<uint8_t> compile() const;
  uint32_t num_training_features() const;
  /// The input of the last fit with cross_fit, or the part of it that begins at `first_row`: each
  /// row through what the rows outside its fold say. out is row-major, num_training_features()
  /// floats a row.
  void transform_training(const Table& table, uint64_t first_row, float* out) const;
  SparseRows training_to_sparse(const Table& table, uint64_t first_row) const;
  /// Frees what the two need.
  void end_training() { training_plan_.reset(); }

  /// Expressions and states; see has_states().
  std::vector<uint8_t> state_bytes() const;
  static Fitter from_state_bytes(std::string_view bytes);

 private:
  struct Learnt {
    std::vector<BoundChain> chains;
    uint64_t num_rows = 0;
    bool has_states = true;
    std::shared_ptr<const BundleParts> compiled;  // by fit(), of all rows; null: from the states
    std::vector<LimitedColumn> limited;
    std::vector<LimitedColumn> sketched;
  };
  /// A fit that is under way: what is learnt becomes the Fitter's in finish_fit().
  struct Draft {
    bool cross_fit;
    bool adds;  // to what was learnt before
    Learnt learnt;
    std::optional<LearnRound> round;  // once its first part has come
    uint32_t num_passes = 0;          // that have ended
    uint64_t first_row = 0;           // of the next part, in this pass
    uint64_t rows_before = 0;         // which other processes read
    uint64_t share_start = 0;         // first_row where the share that is read now began
    bool has_shards = false;          // of this pass; they are no parts to go on from
  };
  std::vector<BoundChain> bound_chains(const Table& table) const;
  Learnt bind(const Table& table) const;
  static std::vector<Lesson> lessons(Learnt& learnt, size_t round);
  Draft& draft();
  void learn_part(Draft& draft, const Table& table, const double* target,
                  const Interrupt& interrupt) const;
  PlanBuilder& training_plan(const Table& table, uint64_t first_row) const;
  void check_cross_fits_apart() const;
  LearnRound& begun_round();
  void check_same_columns(const Learnt& learnt, const Table& table) const;
  void check_target(const Table& table, const double* target, uint64_t first_row) const;
  void check_one_round(std::string_view what) const;
  void merge_states(Learnt& into, Learnt& from) const;
  static void note_limits(Learnt& learnt);
  std::vector<BoundChain> completed(const std::vector<BoundChain>& chains) const;
  BundleParts compile_parts(std::span<const BoundChain> chains) const;

  std::vector<Expression> expressions_;
  FitLimits limits_;
  std::vector<Chain> chains_;
  uint32_t num_rounds_ = 0;
  std::string_view target_user_;  // the first operator that learns from a target
  ZoneTables zones_;
  std::optional<Learnt> learnt_;
  std::optional<Draft> draft_;
  std::unique_ptr<PlanBuilder> training_plan_;
  std::vector<ColumnBinding> training_inputs_;
};

}  // namespace mainspring
