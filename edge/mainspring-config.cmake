# find_package(mainspring): the C interface as mainspring::mainspring, for servers, and
# mainspring::edge, the small one for devices. They lie in the Python package:
#
#   cmake -Dmainspring_DIR=$(python -c "import mainspring; print(mainspring.get_cmake_dir())") ...
get_filename_component(_mainspring_folder "${CMAKE_CURRENT_LIST_DIR}/.." ABSOLUTE)
foreach(_mainspring_name mainspring edge)
  if(TARGET mainspring::${_mainspring_name})
    continue()
  endif()
  set(_mainspring_file "${_mainspring_folder}/libmainspring.so")
  if(_mainspring_name STREQUAL "edge")
    set(_mainspring_file "${_mainspring_folder}/libmainspring_edge.so")
  endif()
  if(NOT EXISTS "${_mainspring_file}")
    set(mainspring_FOUND FALSE)
    set(mainspring_NOT_FOUND_MESSAGE "${_mainspring_file} is missing: install mainspring again.")
    return()
  endif()
  add_library(mainspring::${_mainspring_name} SHARED IMPORTED)
  set_target_properties(
    mainspring::${_mainspring_name}
    PROPERTIES
      IMPORTED_LOCATION "${_mainspring_file}"
      INTERFACE_INCLUDE_DIRECTORIES "${_mainspring_folder}"
  )
endforeach()
unset(_mainspring_name)
unset(_mainspring_file)
unset(_mainspring_folder)
