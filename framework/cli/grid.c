#include "cli/grid.h"

#include "base/size.h"
#include "base/text.h"

#include <string.h>

enum {
    GAP = 2,
    LEAST_LABEL = 15, /* columns that a label keeps, on a terminal of no less than 60 */
    LEAST_TEXT = 20,  /* and another text, of 80 */
    LEAST_VALUE = 30, /* beside the name of a column, in a table of one row */
};

static const char *grid_cell(const cli_grid *grid, size_t row, size_t i)
{
    return grid->cells[row * grid->n_columns + i];
}

/* ---- pieces of texts ------------------------------------------------------------------------- */

/* The last place up to n after a blank or one of `also`, but no number's point; 0: there is none. */
static size_t grid_last_break(const char *text, size_t n, const char *also)
{
    while (n > 0 && ((text[n - 1] != ' ' && strchr(also, text[n - 1]) == NULL) ||
                     (text[n - 1] == '.' && text[n] >= '0' && text[n] <= '9')))
        n--;
    return n;
}

/* The bytes of the part of a text that comes into a line of so many columns: to the last place where it
 * may be broken, after a blank or one of `also`; of a word that is longer, after one of its names. */
static size_t grid_piece(const char *text, size_t width, const char *also)
{
    const size_t most = bnn_text_bytes(text, width);
    if (text[most] == '\0' || text[most] == ' ')
        return most;
    size_t n = grid_last_break(text, most, also);
    n = n > 0 ? n : grid_last_break(text, most, ",");
    n = n > 0 ? n : grid_last_break(text, most, "._");
    n = n > 0 ? n : most > 0 ? most : bnn_text_bytes(text, 2);
    return n > 0 ? n : strlen(text);
}

void cli_print_prose(const char *text, size_t indent, size_t width)
{
    const size_t room = width > indent + 1 ? width - indent : 1;
    for (bool first = true; first || *text != '\0'; first = false) {
        const size_t n = grid_piece(text, room, "/");
        size_t shown = n;
        while (shown > 0 && text[shown - 1] == ' ')
            shown--;
        if (!first)
            printf("\n%*s", (int)indent, "");
        cli_print_clean(text, shown);
        text += n;
        text += strspn(text, " ");
    }
}

/* ---- widths ---------------------------------------------------------------------------------- */

static void grid_measure(cli_grid *grid)
{
    for (size_t i = 0; i < grid->n_columns; i++) {
        cli_grid_column *column = &grid->columns[i];
        column->cells = 0;
        for (size_t row = 0; row < grid->n_rows; row++)
            column->cells = bnn_size_larger(column->cells, bnn_text_width(grid_cell(grid, row, i)));
        column->heading = bnn_text_width(column->name);
        column->shown = bnn_size_larger(column->cells, column->heading);
    }
}

/* A heading is as wide as its cells, as the longest of its words, or as half of it. */
static void grid_break_headings(cli_grid *grid)
{
    for (size_t i = 0; i < grid->n_columns; i++) {
        cli_grid_column *column = &grid->columns[i];
        size_t longest = (column->heading + 1) / 2;
        for (const char *at = column->name; *at != '\0';) {
            const size_t n = strcspn(at, " _/");
            const bool hyphen = at[n] != '\0' && at[n] != ' ';
            longest =
                bnn_size_larger(longest, bnn_text_width(at) - bnn_text_width(at + n) + hyphen);
            at += n + (at[n] != '\0');
        }
        column->heading =
            bnn_size_smaller(column->heading, bnn_size_larger(longest, column->cells));
    }
}

/* The least that a column needs. */
static size_t grid_least(const cli_grid *grid, const cli_grid_column *column)
{
    const size_t most = column->kind == CLI_TEXT ? LEAST_TEXT : LEAST_LABEL;
    size_t least = column->cells;
    if (column->kind != CLI_NUMBER)
        least = bnn_size_smaller(least, bnn_size_smaller(most, grid->width / 4));
    return bnn_size_larger(least, column->heading);
}

static size_t grid_clamp(const cli_grid *grid, const cli_grid_column *column, size_t cap)
{
    const size_t wanted = bnn_size_larger(column->cells, column->heading);
    return bnn_size_smaller(wanted, bnn_size_larger(cap, grid_least(grid, column)));
}

/* Columns listed in `of`, with no text wider than cap, unless that is the least. */
static size_t grid_width(const cli_grid *grid, const size_t *of, size_t n, size_t gap, size_t cap)
{
    size_t sum = n > 0 ? gap * (n - 1) : 0;
    for (size_t k = 0; k < n; k++)
        sum += grid_clamp(grid, &grid->columns[of[k]], cap);
    return sum;
}

/* Texts get what there is room for, the widest of them the same. */
static void grid_share(cli_grid *grid, const size_t *of, size_t n, size_t gap, size_t width)
{
    size_t cap = width;
    while (cap > 0 && grid_width(grid, of, n, gap, cap) > width)
        cap--;
    for (size_t k = 0; k < n; k++)
        grid->columns[of[k]].shown = grid_clamp(grid, &grid->columns[of[k]], cap);
}

/* ---- rows ------------------------------------------------------------------------------------ */

/* How a word is coloured, or NULL. */
static const char *grid_colour(const char *heading, const char *text)
{
    static const struct {
        const char *word, *colour;
    } words[] = {{"done", "32"},       {"failed", "31"},      {"crashed", "31"}, {"retry", "31"},
                 {"stale", "33"},      {"interrupted", "33"}, {"resume", "33"},  {"lost", "31"},
                 {"superseded", "33"}, {"running", "36"},     {"new", "36"},     {"queued", "36"}};
    if (text != NULL && strstr(text, " failed)") != NULL)
        return "31";
    if (text == NULL || (strncmp(heading, "state", 5) != 0 && strcmp(heading, "outcome") != 0))
        return NULL;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(text, words[i].word) == 0)
            return words[i].colour;
    return NULL;
}

/* A piece of a cell after as many blanks as *blanks says, which stand there only before something. */
static void grid_print_piece(const cli_grid_column *column, const char *text, size_t n,
                             const char *colour, size_t *blanks)
{
    const size_t taken = bnn_text_width(text) - bnn_text_width(text + n);
    const size_t gap = column->shown > taken ? column->shown - taken : 0;
    if (column->kind == CLI_NUMBER)
        *blanks += gap;
    if (n > 0) {
        printf("%*s%s%s%s", (int)*blanks, "", colour == NULL ? "" : "\033[",
               colour == NULL ? "" : colour, colour == NULL ? "" : "m");
        cli_print_clean(text, n);
        fputs(colour == NULL ? "" : "\033[0m", stdout);
        *blanks = column->kind == CLI_NUMBER ? 0 : gap;
    } else
        *blanks += column->kind == CLI_NUMBER ? 0 : gap;
}

/* Prints texts side by side, each as many lines as it needs, from line `skip[k]` on (NULL: the first).
 * left: [n], what is left of each; used up. */
static void grid_print_lines(const cli_grid *grid, const size_t *of, size_t n, size_t gap,
                             const char **left, const size_t *skip, const char *const *colours)
{
    const char *also = skip == NULL ? "/" : "_/";
    bool more = true;
    for (size_t line = 0; more; line++) {
        size_t blanks = 0;
        more = false;
        for (size_t k = 0; k < n; k++) {
            const cli_grid_column *column = &grid->columns[of[k]];
            const bool waits = skip != NULL && line < skip[k];
            const size_t bytes = waits ? 0 : grid_piece(left[k], column->shown, also);
            size_t shown = bytes;
            while (shown > 0 && left[k][shown - 1] == ' ')
                shown--;
            blanks += k > 0 ? gap : 0;
            grid_print_piece(column, left[k], shown, colours == NULL ? NULL : colours[k], &blanks);
            left[k] += bytes;
            left[k] += line == 0 && bytes == 0 ? 0 : strspn(left[k], " ");
            more |= *left[k] != '\0';
        }
        putchar('\n');
    }
}

/* The names of columns, the last lines of all side by side. */
static void grid_print_headings(const cli_grid *grid, const size_t *of, size_t n, size_t gap,
                                const char **left, size_t *skip)
{
    size_t most = 0;
    for (size_t k = 0; k < n; k++) {
        const cli_grid_column *column = &grid->columns[of[k]];
        size_t lines = 0;
        for (const char *at = column->name; *at != '\0'; lines++) {
            at += grid_piece(at, column->shown, "_/");
            at += strspn(at, " ");
        }
        left[k] = column->name;
        skip[k] = lines;
        most = bnn_size_larger(most, lines);
    }
    for (size_t k = 0; k < n; k++)
        skip[k] = most - skip[k];
    grid_print_lines(grid, of, n, gap, left, skip, NULL);
}

static void grid_print_rows(const cli_grid *grid, const size_t *of, size_t n, size_t gap,
                            const char **left, const char **colours)
{
    for (size_t row = 0; row < grid->n_rows; row++) {
        const bool best = grid->has_best && row == 0;
        for (size_t k = 0; k < n; k++) {
            const char *cell = grid_cell(grid, row, of[k]);
            left[k] = cell == NULL ? "" : cell;
            colours[k] = !grid->colours ? NULL
                         : best         ? "1"
                                        : grid_colour(grid->columns[of[k]].name, cell);
        }
        grid_print_lines(grid, of, n, gap, left, NULL, colours);
    }
}

/* The columns listed in `of` of all rows; the cells stay as they are. */
static int grid_print_columns(cli_grid *grid, const size_t *of, size_t n, size_t gap, size_t width,
                              bnn_error *err)
{
    const char **whole = grid->cells;
    const char **left = bnn_arena_alloc(grid->arena, n, sizeof *left);
    const char **colours = bnn_arena_alloc(grid->arena, n, sizeof *colours);
    const char **cells =
        bnn_arena_copy(grid->arena, whole, grid->n_rows * grid->n_columns, sizeof *cells);
    size_t *skip = bnn_arena_alloc(grid->arena, n, sizeof *skip);
    int status = BNN_OK;
    if (left == NULL || colours == NULL || cells == NULL || skip == NULL)
        return bnn_no_memory(err);
    grid_share(grid, of, n, gap, width);
    grid->cells = cells;
    for (size_t k = 0; status == BNN_OK && k < n; k++)
        if (grid->columns[of[k]].kind == CLI_LABEL)
            status = cli_grid_shorten(grid, of[k], err);
    if (status == BNN_OK) {
        grid_print_headings(grid, of, n, gap, left, skip);
        grid_print_rows(grid, of, n, gap, left, colours);
    }
    grid->cells = whole;
    return status;
}

/* ---- what all rows share --------------------------------------------------------------------- */

/* Takes column i away. */
static void grid_drop(cli_grid *grid, size_t i)
{
    const size_t n = grid->n_columns;
    for (size_t row = 0; row < grid->n_rows; row++)
        for (size_t k = 0, to = 0; k < n; k++)
            if (k != i)
                grid->cells[row * (n - 1) + to++] = grid->cells[row * n + k];
    memmove(&grid->columns[i], &grid->columns[i + 1], (n - i - 1) * sizeof grid->columns[0]);
    grid->n_columns--;
}

/* "experiment: quick; n: 3"; what is empty in all rows is not said. Columns go as long as they make room
 * for labels; the first, which names the rows, only where the table would not fit. */
static int grid_lift(cli_grid *grid, const size_t *of, size_t width, bnn_error *err)
{
    size_t used = 0;
    int columns = 0; /* that may go: 1: all but the first, 2: all */
    grid_break_headings(grid);
    for (size_t i = 0; i < grid->n_columns; i++)
        columns |= grid->columns[i].kind == CLI_LABEL;
    if (grid_width(grid, of, grid->n_columns, GAP, 0) > width)
        columns = 2;
    for (size_t i = 0; i < grid->n_columns;) {
        bool all;
        const bool wide = grid_width(grid, of, grid->n_columns, GAP, SIZE_MAX) > width;
        const char *shared = cli_grid_take_shared(grid, i, wide ? columns : 0, &all);
        const char *said =
            shared == NULL ? NULL
                           : bnn_arena_printf(grid->arena, "%s: %s", grid->columns[i].name, shared);
        if (said == NULL)
            return bnn_no_memory(err);
        if (*shared != '\0') {
            const bool fits = used + 2 + bnn_text_width(said) <= width;
            fputs(used == 0 ? "" : fits ? "; " : "\n", stdout);
            used = (used > 0 && fits ? used + 2 : 0) + bnn_text_width(said);
            cli_print_prose(said, 2, width);
        }
        if (all)
            grid_drop(grid, i);
        else
            i++;
    }
    fputs(used > 0 ? "\n" : "", stdout);
    grid_measure(grid);
    return BNN_OK;
}

/* ---- other forms ----------------------------------------------------------------------------- */

/* A table of one row, a line a column. */
static void grid_print_record(const cli_grid *grid, size_t width)
{
    size_t name = 0;
    for (size_t i = 0; i < grid->n_columns; i++)
        name = bnn_size_larger(name, grid->columns[i].heading);
    name = bnn_size_smaller(name, width > LEAST_VALUE ? width - LEAST_VALUE : 1);
    for (size_t i = 0; i < grid->n_columns; i++) {
        const char *cell = grid_cell(grid, 0, i);
        const char *colour = grid->colours ? grid_colour(grid->columns[i].name, cell) : NULL;
        if (cell == NULL || *cell == '\0')
            continue;
        printf("%s%*s", grid->columns[i].name,
               (int)(name + GAP > grid->columns[i].heading ? name + GAP - grid->columns[i].heading
                                                           : GAP),
               "");
        if (colour != NULL)
            printf("\033[%sm", colour);
        cli_print_prose(cell, name + GAP, width);
        fputs(colour != NULL ? "\033[0m\n" : "\n", stdout);
    }
}

/* Without rows: the names of the columns. */
static int grid_print_empty(const cli_grid *grid, size_t width, bnn_error *err)
{
    const char *names = "";
    for (size_t i = 0; names != NULL && i < grid->n_columns; i++)
        names = bnn_arena_printf(grid->arena, "%s%s%s", names, i > 0 ? "  " : "",
                                 grid->columns[i].name);
    if (names == NULL)
        return bnn_no_memory(err);
    cli_print_prose(names, 2, width);
    puts("\nno rows");
    return BNN_OK;
}

/* Whether the first column tells all rows apart: where it does not, rows get a number for it. */
static bool grid_has_key(const cli_grid *grid)
{
    for (size_t row = 1; row < grid->n_rows; row++)
        for (size_t other = row; other-- > 0 && row < 1000;)
            if (bnn_text_equal(grid_cell(grid, row, 0), grid_cell(grid, other, 0)))
                return false;
    return grid->n_rows < 1000;
}

static int grid_number_rows(cli_grid *grid, bnn_error *err)
{
    const size_t n = grid->n_columns + 1;
    cli_grid_column *columns = bnn_arena_alloc(grid->arena, n, sizeof *columns);
    const char **cells = bnn_arena_alloc(grid->arena, grid->n_rows * n, sizeof *cells);
    if (columns == NULL || cells == NULL)
        return bnn_no_memory(err);
    columns[0] = (cli_grid_column){.name = "row", .kind = CLI_NUMBER};
    memcpy(columns + 1, grid->columns, grid->n_columns * sizeof *columns);
    for (size_t row = 0; row < grid->n_rows; row++) {
        cells[row * n] = bnn_arena_printf(grid->arena, "%zu", row + 1);
        if (cells[row * n] == NULL)
            return bnn_no_memory(err);
        memcpy(&cells[row * n + 1], &grid->cells[row * grid->n_columns],
               grid->n_columns * sizeof *cells);
    }
    grid->columns = columns;
    grid->cells = cells;
    grid->n_columns = n;
    grid_measure(grid);
    grid_break_headings(grid);
    return BNN_OK;
}

/* The columns in parts below each other. */
static int grid_print_parts(cli_grid *grid, size_t *of, size_t width, bnn_error *err)
{
    if (!grid_has_key(grid) && grid_number_rows(grid, err) != BNN_OK)
        return err->status;
    for (size_t next = 1; next < grid->n_columns;) {
        size_t n = 1;
        of[0] = 0;
        if (next > 1)
            putchar('\n');
        do
            of[n++] = next++;
        while (next < grid->n_columns &&
               (of[n] = next, grid_width(grid, of, n + 1, GAP, 0) <= width));
        if (grid_print_columns(grid, of, n, GAP, width, err) != BNN_OK)
            return err->status;
    }
    return BNN_OK;
}

static void grid_print_legend(const cli_grid *grid, size_t width)
{
    char tag[BNN_SHORT_TEXT];
    if (grid->n_shortened > 0)
        putchar('\n');
    for (size_t i = 0; i < grid->n_shortened; i++) {
        const int n = snprintf(tag, sizeof tag, "[%zu] ", i + 1);
        fputs(tag, stdout);
        cli_print_prose(grid->shortened[i], (size_t)n, width);
        putchar('\n');
    }
}

/* ---------------------------------------------------------------------------------------------- */

int cli_grid_print(cli_grid *grid, size_t width, bnn_error *err)
{
    size_t *of = bnn_arena_alloc(grid->arena, grid->n_columns + 2, sizeof *of);
    if (of == NULL)
        return bnn_no_memory(err);
    for (size_t i = 0; i < grid->n_columns; i++)
        of[i] = i;
    if (grid->n_rows == 0)
        return grid_print_empty(grid, width, err);
    grid->width = width;
    grid_measure(grid);
    const bool fits = grid_width(grid, of, grid->n_columns, GAP, SIZE_MAX) <= width;
    if (!fits && grid->n_rows == 1) {
        grid_print_record(grid, width);
        return BNN_OK;
    }
    if (!fits && grid_lift(grid, of, width, err) != BNN_OK)
        return err->status;
    if (grid_width(grid, of, grid->n_columns, GAP, SIZE_MAX) > width)
        grid_break_headings(grid);
    size_t gap = GAP;
    while (gap > 1 && grid_width(grid, of, grid->n_columns, gap, 0) > width)
        gap--;
    const bool whole =
        grid->n_columns < 2 || grid_width(grid, of, grid->n_columns, gap, 0) <= width;
    const int status = whole ? grid_print_columns(grid, of, grid->n_columns, gap, width, err)
                             : grid_print_parts(grid, of, width, err);
    if (status == BNN_OK)
        grid_print_legend(grid, width);
    return status;
}
