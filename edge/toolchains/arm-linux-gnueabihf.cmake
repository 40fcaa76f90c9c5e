# 32-bit ARM from version 7 on, with a scalar floating-point unit (g++-arm-linux-gnueabihf). NEON
# would flush denormal numbers to zero, and give other bits.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR armv7)
set(CMAKE_C_COMPILER arm-linux-gnueabihf-gcc)
set(CMAKE_CXX_COMPILER arm-linux-gnueabihf-g++)
set(CMAKE_C_FLAGS_INIT "-march=armv7-a+fp -mfpu=vfpv3-d16")
set(CMAKE_CXX_FLAGS_INIT "-march=armv7-a+fp -mfpu=vfpv3-d16")
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-arm-static)
