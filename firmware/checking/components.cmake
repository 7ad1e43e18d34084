# SPDX-License-Identifier: MIT
# What ESP-IDF's components register, for check.py: their CMakeLists.txt are read with idf_component_register() replaced,
# as ESP-IDF itself does first of all (tools/cmake/scripts/component_get_requirements.cmake there).
#
#   cmake -DIDF_PATH=... -DIDF_TARGET=... -DCOMPONENTS=file -DROOTS="a;b" -DOUT=file [-DSDKCONFIG=...] -P components.cmake
#
# COMPONENTS has a line "name=directory" for each component there is. OUT gets lines "name|list|item;item". Without
# SDKCONFIG: the requirements of ROOTS and of all that they require, since those must not depend on a configuration.
# With it: the include directories and the sources of ROOTS.
cmake_minimum_required(VERSION 3.16)
include(${IDF_PATH}/tools/cmake/utilities.cmake)
include(${IDF_PATH}/tools/cmake/version.cmake)

set(IDF_TARGET_ARCH xtensa)
if(SDKCONFIG)
  include(${SDKCONFIG})
  set(lists INCLUDE_DIRS PRIV_INCLUDE_DIRS SRCS SRC_DIRS EXCLUDE_SRCS)
else()
  set(CMAKE_BUILD_EARLY_EXPANSION 1)
  set(lists REQUIRES PRIV_REQUIRES)
endif()

function(idf_build_get_property var property)
  set(${var} "${${property}}" PARENT_SCOPE)
endfunction()

function(idf_component_get_property var component property)
  set(${var} "${${component}_${property}}" PARENT_SCOPE)
endfunction()

function(require_idf_targets)
endfunction()

# CMake's own cannot be used in a script. A function, so that the PARENT_SCOPE of what is read means the same.
function(add_subdirectory directory)
  get_filename_component(CMAKE_CURRENT_SOURCE_DIR ${directory} ABSOLUTE BASE_DIR ${CMAKE_CURRENT_SOURCE_DIR})
  include(${CMAKE_CURRENT_SOURCE_DIR}/CMakeLists.txt)
endfunction()

# A macro, so that return() ends the reading.
macro(idf_component_register)
  cmake_parse_arguments(registered "WHOLE_ARCHIVE" "KCONFIG;KCONFIG_PROJBUILD"
    "SRCS;SRC_DIRS;EXCLUDE_SRCS;INCLUDE_DIRS;PRIV_INCLUDE_DIRS;LDFRAGMENTS;REQUIRES;PRIV_REQUIRES;REQUIRED_IDF_TARGETS;EMBED_FILES;EMBED_TXTFILES"
    "${ARGN}")
  return()
endmacro()

function(read_component)
  set(COMPONENT_NAME ${name})
  set(COMPONENT_DIR ${${name}_COMPONENT_DIR})
  set(COMPONENT_PATH ${COMPONENT_DIR})
  set(CMAKE_CURRENT_SOURCE_DIR ${COMPONENT_DIR})
  include(${COMPONENT_DIR}/CMakeLists.txt)
  foreach(list ${lists})
    spaces2list(registered_${list})
    set(${list} "${registered_${list}}" PARENT_SCOPE)
  endforeach()
endfunction()

file(STRINGS ${COMPONENTS} lines)
foreach(line ${lines})
  string(REGEX MATCH "^([^=]+)=(.+)$" matched "${line}")
  set(${CMAKE_MATCH_1}_COMPONENT_DIR ${CMAKE_MATCH_2})
endforeach()

set(report "")
set(queue ${ROOTS})
set(seen ${ROOTS})
while(queue)
  list(POP_FRONT queue name)
  if(NOT DEFINED ${name}_COMPONENT_DIR)
    string(APPEND report "${name}|UNKNOWN|\n")
    continue()
  endif()
  read_component()
  foreach(list ${lists})
    string(APPEND report "${name}|${list}|${${list}}\n")
  endforeach()
  foreach(required ${REQUIRES} ${PRIV_REQUIRES})
    if(NOT required IN_LIST seen)
      list(APPEND seen ${required})
      list(APPEND queue ${required})
    endif()
  endforeach()
endwhile()
file(WRITE ${OUT} "${report}")
