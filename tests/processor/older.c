/* Preloaded into a process, it hides what newer x86-64 processors have: all after AVX2 (x86-64-v3), or after
 * SSE 4.2 where OLD_PROCESSOR is v2.
 *
 * The kernel can make the CPUID instruction fault (arch_prctl(ARCH_CPUID, 0), Intel since Ivy Bridge, AMD since
 * Zen 4). The handler of that fault executes the instruction for the program and clears those bits in the result, so
 * every library chooses the kernels that it would choose on an older machine. The kernel turns faulting off at exec;
 * LD_PRELOAD turns it on again in the next program. Threads inherit it.
 */
#define _GNU_SOURCE
#include <cpuid.h>
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#define ARCH_CPUID 0x1012 /* ARCH_SET_CPUID */
#define BIT(n) (1u << (n))

/* What came after x86-64-v3. Leaf 7: AVX-512 in EBX; VBMI, VBMI2, VNNI, BITALG, VPOPCNTDQ in ECX; AVX-512 and AMX
 * in EDX. Its subleaf 1 is hidden as a whole: AVX-VNNI, BF16, AMX-FP16, AVX-IFMA, AVX10. */
static const unsigned V4_EBX =
    BIT(16) | BIT(17) | BIT(21) | BIT(26) | BIT(27) | BIT(28) | BIT(30) | BIT(31);
static const unsigned V4_ECX = BIT(1) | BIT(6) | BIT(11) | BIT(12) | BIT(14);
static const unsigned V4_EDX = BIT(2) | BIT(3) | BIT(8) | BIT(22) | BIT(23) | BIT(24) | BIT(25);
/* What came after x86-64-v2. Leaf 1: FMA, AVX, F16C in ECX. Leaf 7: AVX2 in EBX; GFNI, VAES, VPCLMULQDQ in ECX. */
static const unsigned V3_LEAF_1_ECX = BIT(12) | BIT(28) | BIT(29);
static const unsigned V3_EBX = BIT(5);
static const unsigned V3_ECX = BIT(8) | BIT(9) | BIT(10);

typedef int (*sigaction_t)(int, const struct sigaction *, struct sigaction *);
typedef int (*sigmask_t)(int, const sigset_t *, sigset_t *);

static int is_v2;
static sigaction_t real_sigaction;
static sigmask_t real_sigmask;
static struct sigaction theirs; /* what the program wants to do at a fault of its own */

static void answer(ucontext_t *context) {
    greg_t *registers = context->uc_mcontext.gregs;
    unsigned leaf = (unsigned)registers[REG_RAX], subleaf = (unsigned)registers[REG_RCX], a, b, c, d;
    syscall(SYS_arch_prctl, ARCH_CPUID, 1);
    __cpuid_count(leaf, subleaf, a, b, c, d);
    syscall(SYS_arch_prctl, ARCH_CPUID, 0);
    if (leaf == 7 && subleaf == 0) {
        b &= ~(V4_EBX | (is_v2 ? V3_EBX : 0));
        c &= ~(V4_ECX | (is_v2 ? V3_ECX : 0));
        d &= ~V4_EDX;
    } else if (leaf == 1) {
        c &= ~(is_v2 ? V3_LEAF_1_ECX : 0);
    } else if (leaf == 7 || leaf == 0x1d || leaf == 0x1e) { /* the last two describe AMX */
        a = b = c = d = 0;
    }
    registers[REG_RAX] = a;
    registers[REG_RBX] = b;
    registers[REG_RCX] = c;
    registers[REG_RDX] = d;
    registers[REG_RIP] += 2;
}

static void handle(int number, siginfo_t *info, void *context) {
    const unsigned char *at = (const unsigned char *)((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
    if (info->si_code == SI_KERNEL && at[0] == 0x0f && at[1] == 0xa2) {
        answer(context);
    } else if (theirs.sa_flags & SA_SIGINFO) {
        theirs.sa_sigaction(number, info, context);
    } else if (theirs.sa_handler == SIG_DFL || theirs.sa_handler == SIG_IGN) {
        static const struct sigaction fallback = {.sa_handler = SIG_DFL};
        real_sigaction(number, &fallback, NULL);
        raise(number);
    } else {
        theirs.sa_handler(number);
    }
}

/* Python's faulthandler, Node.js and Chromium take the signal for themselves: they get what is not CPUID. */
int sigaction(int number, const struct sigaction *wanted, struct sigaction *before) {
    if (number != SIGSEGV || real_sigaction == NULL)
        return ((sigaction_t)dlsym(RTLD_NEXT, "sigaction"))(number, wanted, before);
    if (before != NULL)
        *before = theirs;
    if (wanted != NULL)
        theirs = *wanted;
    return 0;
}

sighandler_t signal(int number, sighandler_t handler) {
    struct sigaction wanted = {.sa_handler = handler, .sa_flags = SA_RESTART}, before;
    return sigaction(number, &wanted, &before) == 0 ? before.sa_handler : SIG_ERR;
}

/* A fault while its signal is blocked ends the process, so it never is. */
int pthread_sigmask(int how, const sigset_t *wanted, sigset_t *before) {
    sigset_t allowed;
    if (real_sigmask == NULL)
        real_sigmask = (sigmask_t)dlsym(RTLD_NEXT, "pthread_sigmask");
    if (wanted == NULL || how == SIG_UNBLOCK)
        return real_sigmask(how, wanted, before);
    allowed = *wanted;
    sigdelset(&allowed, SIGSEGV);
    return real_sigmask(how, &allowed, before);
}

__attribute__((constructor(101))) static void hide(void) {
    struct sigaction ours = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO | SA_NODEFER};
    sigaction_t found = (sigaction_t)dlsym(RTLD_NEXT, "sigaction");
    const char *level = getenv("OLD_PROCESSOR");
    is_v2 = level != NULL && strcmp(level, "v2") == 0;
    found(SIGSEGV, &ours, &theirs);
    real_sigaction = found;
    if (syscall(SYS_arch_prctl, ARCH_CPUID, 0) != 0) {
        perror("older.so: this processor or kernel can't hide features");
        _exit(69);
    }
}
