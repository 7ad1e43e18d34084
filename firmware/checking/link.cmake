# SPDX-License-Identifier: MIT
# Read by CMake behind ESP-IDF's project.cmake, for link.py: CMAKE_PROJECT_INCLUDE. LENT is its directory of libraries.
include_guard(GLOBAL)

# A library that is absent is replaced by one that holds what stubs.py fills in.
function(add_prebuilt_library name path)
  get_filename_component(path "${path}" ABSOLUTE BASE_DIR "${CMAKE_CURRENT_LIST_DIR}")
  if(NOT EXISTS "${path}")
    file(APPEND "${LENT}/missing.txt" "${path}\n")
    set(path "${LENT}/libmissing.a")
  endif()
  _add_prebuilt_library(${name} "${path}" ${ARGN})
endfunction()

# The component manager, which is off, would make main require what idf_component.yml names, and each of those the next.
function(require_managed)
  set(user main)
  foreach(name ${MANAGED})
    idf_component_get_property(library ${user} COMPONENT_LIB)
    idf_component_get_property(required ${name} COMPONENT_LIB)
    target_link_libraries(${library} PRIVATE ${required})
    set(user ${name})
  endforeach()
endfunction()

file(REMOVE "${LENT}/missing.txt")
cmake_language(DEFER DIRECTORY "${CMAKE_SOURCE_DIR}" CALL require_managed)
