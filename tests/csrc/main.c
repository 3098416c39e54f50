/* main.c: runs the C tests; the exit status is 0 when all of them passed. */
#include "harness.h"

int failures;

int main(void) {
    setvbuf(stdout, NULL, _IOLBF, 0);
    test_machine();
    test_program();
    for (int tier = 0; tn_isa_at(tier); tier++) {
        tn_set_isa(tn_isa_at(tier));
        test_elementwise();
        test_reduce();
        test_array();
        test_update();
        test_matmul();
        test_epilogue();
        test_windows();
        test_random();
        test_chain();
        printf("%-9s values checked, %d failures so far\n", tn_isa(), failures);
    }
    test_contract();
    printf("%s: %d failures\n", failures ? "FAILED" : "passed", failures);
    return failures != 0;
}
