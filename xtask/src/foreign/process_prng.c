/* Random bytes from Windows' `bcryptprimitives.dll`, which Wine has only since version 8.8 and Debian 12 lacks. Rust
   seeds its hash tables with them, and what they are matters to no result. */
__declspec(dllexport) int ProcessPrng(unsigned char *bytes, unsigned long long count) {
    static unsigned long long state = 0x9E3779B97F4A7C15ull;
    while (count--) {
        state = state * 6364136223846793005ull + 1442695040888963407ull;
        *bytes++ = (unsigned char)(state >> 56);
    }
    return 1;
}
