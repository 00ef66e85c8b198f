using Dapper;
using Gateway.Calls;
using Gateway.Calls.Admission;
using Gateway.Calls.Balances;
using Gateway.Calls.Records;
using Gateway.Storage.Accounts;
using Gateway.Storage.Calls;
using Npgsql;

namespace Gateway.Storage.Tests;

/// <summary>One account with a card, and a channel that it pays for, in the suite's database; every test has its own.</summary>
internal sealed class BillingSetup(NpgsqlDataSource database, string name)
{
    public static readonly DateTimeOffset Start = new(2030, 1, 2, 3, 4, 5, TimeSpan.Zero);

    public string Account => name;

    public string Card => name;

    public ChannelId Channel => new(name);

    public PostgresAdmissionStore Admission => new(database);

    public PostgresCallStore Calls => new(database);

    /// <summary>An account with this balance, and a card without rates.</summary>
    public static async Task<BillingSetup> OpenAsync(NpgsqlDataSource database, decimal balance, decimal minimum = 10)
    {
        var billing = new BillingSetup(database, "t" + Guid.NewGuid().ToString("n")[..12]);
        await billing.ExecuteAsync(
            """
            INSERT INTO rate_cards (id, name, currency) VALUES (@Card, 'test', 'EUR');
            INSERT INTO accounts (id, name, currency, rate_card, minimum_inbound, minimum_outbound) VALUES (@Account, 'test', 'EUR', @Card,
            @minimum, @minimum);
            INSERT INTO channels (id, number, account) VALUES (@Account, '4930123456', @Account);
            """,
            new { billing.Card, billing.Account, minimum });
        if (balance != 0)
            await billing.AdjustAsync(balance);
        return billing;
    }

    /// <summary>The same account, used over another connection.</summary>
    public BillingSetup With(NpgsqlDataSource other) => new(other, name);

    /// <summary>Changes the balance through the ledger.</summary>
    public Task AdjustAsync(decimal amount) => ExecuteAsync(
        """
        WITH entry AS (
            INSERT INTO ledger_entries (account, kind, amount, balance_after, idempotency_key, actor)
            SELECT id, 'adjustment', @amount, balance + @amount, @key, 'test' FROM accounts WHERE id = @Account RETURNING amount)
        UPDATE accounts SET balance = balance + entry.amount FROM entry WHERE id = @Account
        """,
        new { amount, Account, key = Guid.NewGuid().ToString() });

    public Task AddRateAsync(
        string prefix, decimal perMinute, decimal fee = 0, int pulse = 6, int minimum = 0, string tiers = "[]", DateTimeOffset? from = null,
        DateTimeOffset? until = null) => ExecuteAsync(
        """
        INSERT INTO rates (card, direction, prefix, valid_from, valid_until, price_per_minute, connection_fee, pulse_seconds,
        minimum_seconds, tiers)
        SELECT @Card, direction, @prefix, @from, @until, @perMinute, @fee, @pulse, @minimum, @tiers::jsonb
            FROM unnest('{inbound,outbound}'::text[]) direction
        """,
        new { Card, prefix, perMinute, fee, pulse, minimum, tiers, from =
            (from ?? Start.AddYears(-10)).UtcDateTime, until = until?.UtcDateTime });

    public AdmissionRequest Request(string user = "491511", CallDirection direction = CallDirection.Inbound, int firstSeconds = 60) => new(
        new CallId(Guid.NewGuid().ToString("n")), direction, Channel, new WhatsAppUser(user), "node-1", "start-1", Start,
        TimeSpan.FromSeconds(firstSeconds));

    public Task<AdmissionFacts> AdmitAsync(AdmissionRequest? request = null) =>
        Admission.AdmitAsync(request ?? Request(), CancellationToken.None);

    /// <summary>Admits a call that must be admissible.</summary>
    public async Task<Funding> FundAsync(AdmissionRequest request) =>
        Assert.IsType<AdmissionVerdict.Admitted>(AdmissionRules.Decide(await AdmitAsync(request), request)).Funding!;

    /// <summary>The same, whatever the user permits.</summary>
    public async Task<Funding> FundPermittedAsync(AdmissionRequest request) =>
        AdmissionRules.Decide(await AdmitAsync(request), request) switch
        {
            AdmissionVerdict.Admitted { Funding: { } funding } => funding,
            AdmissionVerdict.Refused { Cause: HangupCause.NotPermitted, Funding: { } funding } => funding,
            var other => throw new InvalidOperationException(other.ToString()),
        };

    public static CallRecord Record(
        AdmissionRequest request, Funding? funding, int? talkSeconds, HangupCause cause = HangupCause.WhatsAppHungUp) => new()
    {
        Id = request.Call,
        Direction = request.Direction,
        Channel = request.Channel,
        User = request.User,
        StartedAt = request.At,
        AnsweredAt = talkSeconds is null ? null : request.At.AddSeconds(5),
        EndedAt = request.At.AddSeconds(5 + (talkSeconds ?? 0)),
        Cause = cause,
        Node = request.Node,
        NodeStart = request.NodeStart,
        Funding = funding,
    };

    public Task<(decimal Balance, decimal Held)> MoneyAsync() =>
        QueryAsync<(decimal, decimal)>("SELECT balance, held FROM accounts WHERE id = @Account", new { Account });

    public async Task<T> QueryAsync<T>(string sql, object? parameters = null)
    {
        await using var connection = await database.OpenConnectionAsync();
        return await connection.QuerySingleAsync<T>(sql, parameters);
    }

    public async Task ExecuteAsync(string sql, object? parameters = null)
    {
        await using var connection = await database.OpenConnectionAsync();
        await connection.ExecuteAsync(sql, parameters);
    }
}
