/* SPDX-License-Identifier: MIT */
/* Money goes from one account to another, or stays where it is: a transaction
 * whose work is an ordinary function. What fails in it is undone. */
#include <flow/reactor.h>
#include <flow/sqlite.h>

static const flow_error_class TOO_POOR[1] = {{ "TooPoor", FLOW_EANY }};

struct transfer {
    const char *from, *to;
    int amount;
    flow_database *db;                  /* the transaction's                */
};

/* False: there is a failure in self. */
static bool add(flow_gen *self, flow_database *db, const char *name, int money)
{
    flow_value changed;

    return flow_first(self, flow_execute(db,
        "UPDATE account SET money = money + ? WHERE name = ?", money, name),
        &changed);
}

static bool has_debts(flow_gen *self, flow_database *db, const char *name)
{
    flow_value row;
    bool poor = false;

    if (flow_first(self, flow_query(db,
            "SELECT money FROM account WHERE name = ?", name), &row)) {
        poor = flow_column(&row, "money")->as.num < 0;
        flow_drop(row);
    }
    return poor;
}

static void transfer(flow_gen *self, flow_stage *source, void *arg)
{
    const struct transfer *t = arg;

    (void)source;
    if (!add(self, t->db, t->to, t->amount)
        || !add(self, t->db, t->from, -t->amount))
        return;
    if (has_debts(self, t->db, t->from))
        flow_fail(self, TOO_POOR, 0, "%s has not got %d", t->from, t->amount);
    flow_yield(self, flow_textf("%s gave %s %d", t->from, t->to, t->amount));
}

static flow_stage *begin_transfer(flow_database *db, void *arg)
{
    struct transfer *t = arg;

    t->db = db;
    return flow_generate(transfer, NULL, t);
}

static void show(flow_stage *s)
{
    for (flow_value v; flow_block(s, &v);)
        flow_print(stdout, v);
    if (flow_failure(s) != NULL)
        printf("%s\n", flow_message(flow_failure(s)));
    flow_close(s);
}

int main(void)
{
    struct transfer small = { "ann", "bob", 30, NULL };
    struct transfer large = { "ann", "bob", 100, NULL };
    flow_database *db;

    flow_host_use(flow_uv_host());
    db = flow_database_new(flow_sqlite, "sqlite::memory:", NULL);
    show(flow_execute(db, "CREATE TABLE account (name, money)"));
    show(flow_execute(db, "INSERT INTO account VALUES (?, ?), (?, ?)",
                      "ann", 100, "bob", 0));
    show(flow_transaction(db, begin_transfer, &small));
    show(flow_transaction(db, begin_transfer, &large));
    show(flow_query(db, "SELECT * FROM account"));
    flow_database_release(db);
    flow_uv_close();
    return 0;
}
