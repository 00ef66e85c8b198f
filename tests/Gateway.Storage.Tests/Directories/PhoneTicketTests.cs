using Gateway.Calls.Agents;
using Gateway.Storage.Directory;
using Npgsql;
using Testing;

namespace Gateway.Storage.Tests.Directories;

/// <summary>A ticket admits one page as one agent's phone, once and for a minute.</summary>
[Collection(StoresCollection.Name)]
public sealed class PhoneTicketTests : IAsyncLifetime
{
    private readonly NpgsqlDataSource _owner;
    private readonly NpgsqlDataSource _admin;
    private readonly NpgsqlDataSource _worker;
    private readonly DirectoryBench _bench;
    private readonly string _ticket = Guid.NewGuid().ToString("n");

    public PhoneTicketTests(Stores stores)
    {
        _owner = NpgsqlDataSource.Create(stores.Postgres);
        _admin = As("gateway_admin");
        _worker = As("gateway_worker");
        _bench = new DirectoryBench(_owner);
        NpgsqlDataSource As(string role) => NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(stores.Postgres) { Options = "-c role=" + role }.ConnectionString);
    }

    private PhoneTicketStore AtAdmin => new(_admin);
    private PhoneTicketStore AtNode => new(_worker);

    public Task InitializeAsync() => Migrator.MigrateAsync(_owner, CancellationToken.None);

    public async Task DisposeAsync()
    {
        await _admin.DisposeAsync();
        await _worker.DisposeAsync();
        await _owner.DisposeAsync();
    }

    [Fact]
    public async Task A_ticket_admits_the_agents_registered_phone_to_one_of_many_who_show_it()
    {
        var agent = await _bench.AddAgentAsync("anna");
        var user = _bench.Name("web-anna");
        Assert.Equal(user, await AtAdmin.AddAsync(_ticket, agent.Id, CancellationToken.None));

        var taken = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => AtNode.TakeAsync(_ticket, CancellationToken.None)));

        Assert.Equal([user], taken.OfType<string>());
        Assert.Null(await AtNode.TakeAsync("another", CancellationToken.None));
    }

    [Fact]
    public async Task An_agent_without_a_registered_phone_gets_no_ticket()
    {
        var agent = _bench.Agent("desk") with { Phones = [new AgentPhone.Extension("main", _bench.Name("desk"))] };
        await _bench.Agents.CreateAsync(agent, "test", CancellationToken.None);
        Assert.Null(await AtAdmin.AddAsync(_ticket, agent.Id, CancellationToken.None));
        Assert.Null(await AtAdmin.AddAsync(_ticket, _bench.AgentId("nobody"), CancellationToken.None));
        Assert.Null(await AtNode.TakeAsync(_ticket, CancellationToken.None));
    }

    [Fact]
    public async Task A_ticket_that_has_expired_admits_nobody_and_goes_with_the_next()
    {
        var agent = await _bench.AddAgentAsync("otto");
        await AtAdmin.AddAsync(_ticket, agent.Id, CancellationToken.None);
        await _bench.QueryAsync<int>(
            "WITH aged AS (UPDATE phone_tickets SET expires_at = now() - interval '1 s' WHERE agent = @agent RETURNING 1) "
            + "SELECT count(*)::int FROM aged", new { agent = agent.Id.Value });
        Assert.Null(await AtNode.TakeAsync(_ticket, CancellationToken.None));
        await AtAdmin.AddAsync(_ticket + "2", agent.Id, CancellationToken.None);
        Assert.Equal(1, await _bench.QueryAsync<int>(
            "SELECT count(*)::int FROM phone_tickets WHERE agent = @agent", new { agent = agent.Id.Value }));
    }

    [Fact]
    public async Task A_ticket_dies_with_the_phone_that_it_is_for()
    {
        var agent = await _bench.AddAgentAsync("maria");
        await AtAdmin.AddAsync(_ticket, agent.Id, CancellationToken.None);
        await _bench.Agents.ReplaceAsync(agent with { Phones = [] }, agent.Version, "test", CancellationToken.None);
        Assert.Null(await AtNode.TakeAsync(_ticket, CancellationToken.None));
    }
}
