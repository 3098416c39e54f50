/* test_machine.c: tiers, threads, memory. */
#include "../../csrc/parallel.h"
#include "harness.h"

#include <sys/wait.h>
#include <unistd.h>

static void tiers(void) {
    const char *first = tn_isa();
    CHECK(!strcmp(tn_isa_at(0), "baseline"), "%s", tn_isa_at(0));
    CHECK(tn_set_isa("no such tier") == -1 && tn_isa() == first, "%s", tn_isa());
    for (int i = 0; tn_isa_at(i); i++) {
        CHECK(tn_set_isa(tn_isa_at(i)) == 0 && !strcmp(tn_isa(), tn_isa_at(i)), "%s", tn_isa());
    }
    CHECK(tn_isa_at(-1) == NULL && tn_kernel_at(-1) == NULL, "negative index");
    CHECK(tn_find("no such kernel") == NULL, "unknown name");
}

static void registry(void) {
    int count = 0;
    for (const tn_kernel *k; (k = tn_kernel_at(count)); count++) {
        CHECK(tn_find(k->name) == k, "%s is listed twice", k->name);
        int functions = 0;
        for (int dtype = 0; dtype < TN_DTYPES; dtype++) functions += k->run[dtype] != NULL;
        CHECK(k->view ? functions == 0 : functions > 0, "%s has %d functions", k->name, functions);
    }
    CHECK(count > 100, "%d kernels", count);
}

typedef struct cover {
    unsigned char *seen; /* [n] */
    int bad;
} cover;

static void mark(void *context, int64_t begin, int64_t end, int thread) {
    cover *c = context;
    if (begin > end || thread < 0 || thread >= tn_threads()) c->bad = 1;
    for (int64_t i = begin; i < end; i++) c->seen[i]++;
}

static void parallel(void) {
    const int before = tn_threads();
    for (int threads = 1; threads <= 5; threads += 2) {
        tn_set_threads(threads);
        for (int64_t n = 0; n < 300; n += 7)
            for (int64_t grain = 1; grain < 200; grain += 33) {
                unsigned char seen[300] = {0};
                cover c = {seen, 0};
                tn_parallel(mark, &c, n, grain);
                for (int64_t i = 0; i < 300; i++) c.bad |= seen[i] != (i < n);
                CHECK(!c.bad, "n %d grain %d threads %d", (int)n, (int)grain, threads);
            }
        for (int64_t n = 0; n < 300; n += 7) {
            unsigned char seen[300] = {0};
            cover c = {seen, 0};
            tn_parallel_tasks(mark, &c, n);
            for (int64_t i = 0; i < 300; i++) c.bad |= seen[i] != (i < n);
            CHECK(!c.bad, "%d tasks, %d threads", (int)n, threads);
        }
    }
    tn_set_threads(before);
}

static void fork_guard(void) {
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        tn_set_threads(4);
        _exit(tn_threads() == 1 ? 0 : 1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0, "a forked child may use %s", "several threads");
}

static void memory(void) {
    const size_t before = tn_memory_in_use();
    size_t sizes[64];
    void *blocks[64];
    for (int round = 0; round < 200; round++) {
        for (int i = 0; i < 64; i++) {
            sizes[i] = (size_t)(random_bits() % (i % 8 == 7 ? 3000000 : 5000));
            blocks[i] = tn_alloc(sizes[i]);
            CHECK(blocks[i] && (uintptr_t)blocks[i] % TN_ALIGN == 0, "%zu bytes", sizes[i]);
            memset(blocks[i], i, sizes[i]);
        }
        for (int i = 0; i < 64; i++) {
            for (size_t j = 0; j < sizes[i]; j += 97)
                CHECK(((unsigned char *)blocks[i])[j] == i, "two blocks share memory (%zu bytes)", sizes[i]);
            tn_free(blocks[i], sizes[i]);
        }
    }
    CHECK(tn_memory_in_use() == before, "%zu bytes lost", tn_memory_in_use() - before);
    CHECK(tn_alloc((size_t)-1) == NULL, "too much");
    tn_free(NULL, 0);
    tn_release_cached();
}

void test_machine(void) {
    tiers();
    registry();
    parallel();
    fork_guard();
    memory();
}
