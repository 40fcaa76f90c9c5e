// The Python module _engine: creates nothing itself, only calls the registrars, one for each
// bind_*.cpp.
#include <pybind11/pybind11.h>

namespace py = pybind11;

namespace mainspring::bind {
void register_errors(py::module_&);
void register_build(py::module_&);
void register_memory(py::module_&);
void register_table(py::module_&);
void register_columns_out(py::module_&);
void register_bundle(py::module_&);
void register_scorer(py::module_&);
void register_method(py::module_&);
void register_explain(py::module_&);
void register_sparse(py::module_&);
void register_tensors(py::module_&);
void register_id_model(py::module_&);
void register_rows(py::module_&);
void register_model(py::module_&);
void register_tree_arrays(py::module_&);
void register_dense(py::module_&);
void register_network(py::module_&);
void register_composite(py::module_&);
void register_files(py::module_&);
void register_fit(py::module_&);
void register_draft(py::module_&);
void register_profile(py::module_&);
void register_detectors(py::module_&);
void register_drift(py::module_&);
void register_checks(py::module_&);
void register_quality(py::module_&);
void register_batches(py::module_&);
void register_monitor(py::module_&);
void register_history(py::module_&);
void register_history_plan(py::module_&);
void register_history_state(py::module_&);
void register_history_spill(py::module_&);
void register_serve(py::module_&);
void register_train(py::module_&);
void register_train_embedding(py::module_&);
void register_dynamic_ids(py::module_&);
}  // namespace mainspring::bind

PYBIND11_MODULE(_engine, module) {
  module.doc() = "The native engine. Private: use the package's public names.";
  mainspring::bind::register_errors(module);
  mainspring::bind::register_build(module);
  mainspring::bind::register_memory(module);
  mainspring::bind::register_table(module);
  mainspring::bind::register_columns_out(module);
  mainspring::bind::register_bundle(module);
  mainspring::bind::register_model(module);
  mainspring::bind::register_tree_arrays(module);
  mainspring::bind::register_dense(module);
  mainspring::bind::register_network(module);
  mainspring::bind::register_composite(module);
  mainspring::bind::register_files(module);
  mainspring::bind::register_fit(module);
  mainspring::bind::register_draft(module);
  mainspring::bind::register_profile(module);
  mainspring::bind::register_detectors(module);
  mainspring::bind::register_drift(module);
  mainspring::bind::register_checks(module);
  mainspring::bind::register_quality(module);
  mainspring::bind::register_monitor(module);
  mainspring::bind::register_history(module);
  mainspring::bind::register_history_plan(module);
  mainspring::bind::register_history_state(module);
  mainspring::bind::register_history_spill(module);
  mainspring::bind::register_serve(module);
  mainspring::bind::register_train(module);
  mainspring::bind::register_train_embedding(module);
  mainspring::bind::register_dynamic_ids(module);
  mainspring::bind::register_batches(module);
  mainspring::bind::register_scorer(module);
  mainspring::bind::register_method(module);
  mainspring::bind::register_explain(module);
  mainspring::bind::register_sparse(module);
  mainspring::bind::register_tensors(module);
  mainspring::bind::register_id_model(module);
  mainspring::bind::register_rows(module);
}
