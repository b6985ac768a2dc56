/* Collectives alone and, under mpirun (which this program starts itself), with three ranks. */
#include "support/support.h"

#include "core/alloc.h"
#include "math/ranks.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void shares_cover(void **state) {
    (void)state;
    size_t first, end;
    skuai_ranks_share(NULL, 10, &first, &end);
    assert_int_equal(first, 0);
    assert_int_equal(end, 10);
}

static void alone(void **state) {
    (void)state;
    skua_error err;
    skuai_ranks *ranks;
    float x[3] = {1, 2, 3};
    double d[2] = {4, 5};
    int most = 7;
    char *all;
    size_t total, starts[2];
    assert_ok(skuai_ranks_open("skua 1", &ranks, &err), &err);
    assert_int_equal(skuai_ranks_size(ranks), 1);
    assert_ok(skuai_ranks_sum(ranks, x, 3, &err), &err);
    assert_true(x[2] == 3);
    assert_ok(skuai_ranks_collect(ranks, d, 2, &err), &err);
    assert_true(d[1] == 5);
    assert_ok(skuai_ranks_most(ranks, &most, &err), &err);
    assert_int_equal(most, 7);
    assert_ok(skuai_ranks_gather(ranks, "abc", 3, &all, &total, starts, &err), &err);
    assert_int_equal(total, 3);
    assert_int_equal(starts[1], 3);
    assert_memory_equal(all, "abc", 3);
    skuai_free(all);
    assert_ok(skuai_ranks_close(ranks, SKUA_OK, &err), &err);
}

/* What each of three ranks does; 0 when all was right. */
static int rank_main(const char *version) {
    skua_error err;
    skuai_ranks *ranks = NULL;
    const char *own = getenv("OMPI_COMM_WORLD_RANK");
    bool odd = strcmp(version, "mixed") == 0 && own && strcmp(own, "1") == 0;
    if (skuai_ranks_open(odd ? "skua 2" : "skua 1", &ranks, &err) != SKUA_OK) {
        (void)fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    size_t rank = skuai_ranks_rank(ranks), size = skuai_ranks_size(ranks), total, starts[4], first,
           end;
    enum { N = 7 };
    float x[N];
    double d[3] = {0};
    for (int i = 0; i < N; i++)
        x[i] = (float)(100 * (i + 1)) + (float)rank;
    bool good = size == 3 && skuai_ranks_sum(ranks, x, N, &err) == SKUA_OK;
    for (int i = 0; i < N; i++)
        good = good && x[i] == (float)(300 * (i + 1) + 3);
    d[rank] = 1.5 * (double)rank;
    good = good && skuai_ranks_collect(ranks, d, 1, &err) == SKUA_OK && d[1] == 1.5 && d[2] == 3;
    int most = rank == 1 ? 9 : 2;
    good = good && skuai_ranks_most(ranks, &most, &err) == SKUA_OK && most == 9;
    int told = rank == 0 ? 5 : 0;
    good = good && skuai_ranks_broadcast(ranks, &told, sizeof told, &err) == SKUA_OK && told == 5;
    skuai_ranks_share(ranks, 8, &first, &end); /* 3, 3, 2 */
    good = good && first == 3 * rank && end == (rank == 2 ? 8 : first + 3);
    char *all = NULL;
    good = good && skuai_ranks_gather(ranks, "xyz", rank, &all, &total, starts, &err) == SKUA_OK;
    if (rank == 0)
        good = good && total == 3 && memcmp(all, "xxy", 3) == 0 && starts[2] == 1;
    else
        good = good && !all && total == 0;
    skuai_free(all);
    good = good && skuai_ranks_barrier(ranks, &err) == SKUA_OK;
    skua_status status = skuai_ranks_close(ranks, good ? SKUA_OK : SKUA_EINTERNAL, &err);
    return status == SKUA_OK ? 0 : 3;
}

enum { PATH = 1024 };

static void own_path(char *path) {
    ssize_t n = readlink("/proc/self/exe", path, PATH - 1);
    assert_true(n > 0);
    path[n] = '\0';
}

static int run_three(const char *version, const char *log) {
    char line[8 * PATH], program[PATH];
    own_path(program);
    (void)snprintf(line, sizeof line,
                   "SKUA_MPI=\"$(dirname '%s')/skua-mpi.so\" OMPI_ALLOW_RUN_AS_ROOT=1 "
                   "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_btl=self,vader "
                   "OMPI_MCA_btl_vader_single_copy_mechanism=none OMPI_MCA_mpi_yield_when_idle=1 "
                   "ASAN_OPTIONS=detect_leaks=0 mpirun -n 3 --oversubscribe '%s' rank %s >%s 2>&1",
                   SKUA_TEST_PROGRAM, program, version, log);
    return system(line);
}

static void three_ranks(void **state) {
    (void)state;
    if (system("command -v mpirun >/dev/null && [ -e \"$(dirname '" SKUA_TEST_PROGRAM
               "')/skua-mpi.so\" ]") != 0) {
        print_message("skipped: no mpirun (openmpi-bin), or skua was built without MPI\n");
        skip();
    }
    char log[PATH + 8], text[8192] = "", program[PATH];
    own_path(program);
    (void)snprintf(log, sizeof log, "%s.log", program);
    assert_int_equal(run_three("same", log), 0);
    assert_int_not_equal(run_three("mixed", log), 0);
    FILE *file = fopen(log, "r");
    assert_non_null(file);
    size_t n = fread(text, 1, sizeof text - 1, file);
    (void)fclose(file);
    (void)remove(log);
    text[n] = '\0';
    assert_non_null(strstr(text, "rank 1 is skua 2 and rank 0 is skua 1: install one version"));
}

int main(int argc, char **argv) {
    if (argc == 3 && strcmp(argv[1], "rank") == 0) return rank_main(argv[2]);
    const struct CMUnitTest tests[] = {cmocka_unit_test(shares_cover), cmocka_unit_test(alone),
                                       cmocka_unit_test(three_ranks)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
