/* fuzz_request.c - hostile requests to `bnnrun serve`: address, Host, Sec-Fetch-Site and Sec-Fetch-Mode, each up to a
 * NUL byte. */
#include "tests/fuzz/fuzz.h"

#include "cli/serve/request.h"

#include <string.h>

FUZZ_TARGET(request)
{
    static char none[] = "";
    fuzz_texts cut;
    serve_kind kind = SERVE_RUN;
    const char *uid = NULL;
    fuzz_cut_texts(bytes, n, &cut);
    char *const texts[4] = {cut.n > 0 ? cut.texts[0] : none, cut.n > 1 ? cut.texts[1] : none,
                            cut.n > 2 ? cut.texts[2] : none, cut.n > 3 ? cut.texts[3] : none};
    const serve_request request = {texts[0], texts[1], texts[2], texts[3]};
    const unsigned status = serve_request_read(&request, &kind, &uid);
    fuzz_require(status == 200 || status == 403 || status == 404);
    if (status == 200 && kind == SERVE_RUN)
        fuzz_require(strlen(uid) >= 1 && strlen(uid) <= SERVE_UID_MAX &&
                     strspn(uid, "0123456789abcdef") == strlen(uid));
    fuzz_free_texts(&cut);
    return 0;
}
