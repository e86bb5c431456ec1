# strip_c.awk - prints FILE:LINE:text of C sources without comments, strings and characters, so that
# a search for a word finds code only.
function strip(line,    out, at, mark) {
    out = ""
    while (line != "") {
        if (in_comment) {
            at = index(line, "*/")
            if (at == 0)
                return out
            line = substr(line, at + 2)
            in_comment = 0
            out = out " "
        }
        if (!match(line, /\/\*|\/\/|"|'/))
            return out line
        mark = substr(line, RSTART, RLENGTH)
        out = out substr(line, 1, RSTART - 1)
        line = substr(line, RSTART)
        if (mark == "//")
            return out
        if (mark == "/*") {
            in_comment = 1
            line = substr(line, 3)
        } else if (mark == "\"" && match(line, /^"([^"\\]|\\.)*"/)) {
            out = out "\"\""
            line = substr(line, RLENGTH + 1)
        } else if (mark == "'" && match(line, /^'([^'\\]|\\.)+'/)) {
            out = out "' '"
            line = substr(line, RLENGTH + 1)
        } else {
            out = out mark
            line = substr(line, 2)
        }
    }
    return out
}

FNR == 1 { in_comment = 0 }
{
    text = strip($0)
    if (text ~ /[^ \t]/)
        print FILENAME ":" FNR ":" text
}
