# Language level, warnings, optimization and sanitizers: one place, as interface targets.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
# NDEBUG is never set: UPF_CHECK does not depend on it, and UPF_DCHECK has its own switch.
set(CMAKE_CXX_FLAGS_RELEASE "-O3")
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O1 -g")
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g")

find_program(UPF_CCACHE ccache)
if(UPF_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${UPF_CCACHE})
endif()

add_library(upf_options INTERFACE)
target_include_directories(upf_options INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(upf_options INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # GCC 12 sees overlapping copies in std::string's operator+ that are not there (its bug 105651).
  target_compile_options(upf_options INTERFACE -Wno-restrict)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # Clang's -Wconversion has it, GCC's for C++ has not.
  target_compile_options(upf_options INTERFACE -Wno-sign-conversion)
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Debug" OR UPF_SANITIZE)
  target_compile_definitions(upf_options INTERFACE UPF_DCHECK_ENABLED=1)
endif()
if(UPF_SANITIZE)
  target_compile_options(upf_options INTERFACE
    -fsanitize=${UPF_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(upf_options INTERFACE -fsanitize=${UPF_SANITIZE})
endif()

# fabric/ and collectives/ let no exception through.
add_library(upf_no_exceptions INTERFACE)
target_compile_options(upf_no_exceptions INTERFACE -fno-exceptions)
