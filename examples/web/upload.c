/* SPDX-License-Identifier: MIT */
/* Takes files, and tells of each its size and its SHA-256, which are counted as
 * it comes: however long a file is, no more of it is here than a piece.
 *
 *     /upload
 *     curl -F file=@one -F file=@another localhost:8081/upload */
#include "web.h"

#include <openssl/evp.h>

enum { FILES = 16, MEGABYTES = 64, HASH = 32 };

void upload_form(flow_gen *self, flow_request *r, void *arg)
{
    (void)arg;
    begin_page(self, r, "Upload");
    flow_yield(self, flow_textf(
        "<p>Up to %d files, of %d MB together.</p>\n"
        "<form method=\"post\" enctype=\"multipart/form-data\">\n"
        "<input type=\"file\" name=\"file\" aria-label=\"Files\" multiple>\n"
        "<button>Upload</button>\n"
        "</form>\n", FILES, MEGABYTES));
    end_page(self);
}

/* ---- One file ------------------------------------------------------------ */
/* The bytes of a file; their hash is in `hash`. */
static size_t count(flow_gen *self, flow_stage *bytes, EVP_MD_CTX *hash)
{
    size_t size = 0;

    for (flow_value v; flow_next(self, bytes, &v); flow_drop(v)) {
        EVP_DigestUpdate(hash, flow_chars(&v, NULL), v.size);
        size += v.size;
    }
    flow_close(bytes);
    return size;
}

static flow_value row(const char *filename, size_t size, EVP_MD_CTX *hash)
{
    flow_value name = flow_html(filename), row;
    unsigned char sum[HASH];
    char digits[2 * HASH + 1];

    EVP_DigestFinal_ex(hash, sum, NULL);
    for (int i = 0; i < HASH; i++)
        snprintf(digits + 2 * i, 3, "%02x", sum[i]);
    row = flow_textf("<tr><td>%.*s<td>%zu<td><code>%s</code>\n",
                     (int)name.size, flow_chars(&name, NULL), size, digits);
    flow_drop(name);
    return row;
}

static flow_value row_of(flow_gen *self, flow_part *part, const EVP_MD *sha256)
{
    EVP_MD_CTX *hash = EVP_MD_CTX_new();
    flow_value v = flow_error(FLOW_ENOMEM, 0, "no memory to hash a file");

    if (hash != NULL && EVP_DigestInit_ex2(hash, sha256, NULL) == 1) {
        size_t size = count(self, flow_part_body(part), hash);

        flow_drop(v);
        v = row(flow_part_filename(part), size, hash);
    }
    EVP_MD_CTX_free(hash);
    return v;
}

/* ---- All of them --------------------------------------------------------- */
/* Of a form that was sent without choosing a file there is none. */
static bool is_file(const flow_part *part)
{
    const char *name = flow_part_filename(part);

    return name != NULL && *name != '\0';
}

static flow_stage *rows_of(flow_gen *self, flow_request *r,
                           const EVP_MD *sha256)
{
    flow_value rows[FILES];
    size_t n = 0;
    flow_part *part;

    flow_request_allow(r, (size_t)MEGABYTES << 20);
    while ((part = flow_request_next_part(self, r)) != NULL)
        if (is_file(part) && n == FILES)
            flow_fail(self, FLOW_EHTTP, 413, "more than %d files", FILES);
        else if (is_file(part))
            rows[n++] = row_of(self, part, sha256);
    return flow_list(rows, n);
}

void upload_page(flow_gen *self, flow_request *r, void *sha256)
{
    flow_stage *rows = rows_of(self, r, sha256);
    flow_value row;

    begin_page(self, r, "Uploaded");
    flow_yield(self, "<table class=\"files\">\n"
                     "<thead><tr><th>File<th>Bytes<th>SHA-256\n<tbody>\n");
    while (flow_next(self, rows, &row) && flow_yield(self, row))
        ;
    flow_yield(self, "</table>\n");
    end_page(self);
    flow_close(rows);
}
