/* fault_support.h -- run an operation with its first, second, third ... allocation failing. */
#ifndef SKUA_TEST_FAULT_SUPPORT_H
#define SKUA_TEST_FAULT_SUPPORT_H

#include "core/alloc.h"
#include "core/context.h"
#include "support/support.h"

#include <string.h>

/* An operation from start to end: it frees what it made, and on failure checks that its outputs
 * were left alone. */
typedef skua_status (*fault_operation)(void *user, skua_error *err);

/* One context for all: a single thread, so that allocation n is the same one every time. */
static inline skuai_context fault_context(void) {
    skuai_context context = SKUAI_CONTEXT_DEFAULT;
    context.threads = 1;
    return context;
}

/* The operation with allocation n failing, and when sticky all after it. True: n was reached. */
static inline bool fault_once(const char *name, fault_operation operation, void *user, size_t n,
                              bool sticky) {
    skua_error err = {0};
    size_t live = skuai_fault_live();
    skuai_fault_set(n, sticky);
    skua_status status = operation(user, &err);
    size_t seen = skuai_fault_count();
    skuai_fault_set(0, false);
    if (skuai_fault_live() != live) {
        print_error("%s, allocation %zu%s: %zu blocks leaked (status %d)\n", name, n,
                    sticky ? " and all after" : "", skuai_fault_live() - live, (int)status);
        fail();
    }
    if (status != SKUA_OK && (status != SKUA_ENOMEM || err.message[0] == '\0')) {
        print_error("%s, allocation %zu: status %d, '%s'\n", name, n, (int)status, err.message);
        fail();
    }
    if (seen < n && status != SKUA_OK) {
        print_error("%s failed with nothing failing: %s\n", name, err.message);
        fail();
    }
    return seen >= n;
}

/* Every allocation of the operation fails once alone and once with all after it: the first
 * `most`, then about as many evenly spread. At last it has to succeed. */
static inline void fault_each(const char *name, fault_operation operation, void *user,
                              size_t most) {
    skua_error err = {0};
    skuai_fault_set(0, false);
    assert_ok(operation(user, &err), &err); /* warm: what is made once a process is made now */
    skuai_fault_set(0, false);
    assert_ok(operation(user, &err), &err);
    size_t total = skuai_fault_count();
    assert_true(total > 0);
    size_t stride = total / most + 1;
    for (int sticky = 0; sticky < 2; sticky++) {
        size_t n = 1;
        while (n <= total && fault_once(name, operation, user, n, sticky == 1))
            n += n < most ? 1 : stride;
    }
    assert_ok(operation(user, &err), &err);
}

#endif
