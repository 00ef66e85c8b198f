using System.Security.Cryptography;
using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Calls.Flows;
using Gateway.Storage;
using Gateway.Storage.Directory;
using Npgsql;
using Testing;

namespace Interop.Bench;

/// <summary>The agents, groups, flows and audio files of <see cref="GroupBench"/>, as an admin would have made them.</summary>
internal static class GroupDirectory
{
    /// <summary>The tones of the audio files.</summary>
    public const double MusicHertz = 350, PromptHertz = 450;

    private const string Actor = "bench";

    private static readonly GroupId Everybody = new("everybody"), Careful = new("careful");

    private static readonly string[] Flows = ["all", "robin", "order", "careful", "overflow", "queue", "menu", "message"];

    public static async Task WriteAsync(NpgsqlDataSource database)
    {
        var groups = new GroupStore(database);
        Done(await groups.CreateAsync(Group(Everybody, TimeSpan.Zero), Actor, CancellationToken.None));
        Done(await groups.CreateAsync(Group(Careful, GroupBench.WrapUp), Actor, CancellationToken.None));
        var agents = new AgentStore(database);
        foreach (var agent in Agents())
            Done(await agents.CreateAsync(agent, Actor, CancellationToken.None));
        var audio = new AudioStore(database);
        Done(await audio.SaveAsync(Tone("music", MusicHertz, seconds: 2), 0, Actor, CancellationToken.None));
        Done(await audio.SaveAsync(Tone("prompt", PromptHertz, seconds: 20), 0, Actor, CancellationToken.None));
        Done(await audio.SaveAsync(Tone("beep", PromptHertz, seconds: 1), 0, Actor, CancellationToken.None));
        var flows = new FlowStore(database);
        foreach (var id in Flows)
            Done(await flows.CreateAsync(Flow(id), Actor, CancellationToken.None));
        var routes = new FlowRouteStore(database);
        var channel = new ChannelId(GroupBench.Channel.PhoneNumberId);
        FlowRouteDocument[] all = [.. Flows.Select((id, place) => new FlowRouteDocument(place, new FlowId(id), channel, Payloads: [id]))];
        Done(await routes.ReplaceAsync(all, (await routes.FindAsync(CancellationToken.None)).Version, Actor, CancellationToken.None));
    }

    /// <summary>The next bench begins without any of it.</summary>
    public static async Task ClearAsync(NpgsqlDataSource database)
    {
        await using var command = database.CreateCommand(
            """
            UPDATE flow_routes SET document = '[]', version = version + 1;
            UPDATE flows SET deleted_at = now();
            DELETE FROM agents;
            DELETE FROM agent_groups;
            DELETE FROM audio_files;
            """);
        await command.ExecuteNonQueryAsync();
    }

    private static AgentGroup Group(GroupId id, TimeSpan wrapUp) => new(id, id.Value, wrapUp, TimeSpan.FromSeconds(20));

    private static IEnumerable<Agent> Agents() =>
    [
        Agent(GroupBench.Alice, 0, new AgentPhone.Registered(GroupBench.Alice)),
        Agent(GroupBench.Ann, 1, new AgentPhone.Extension("pbx", GroupBench.AnnsNumber, Watched: true)),
        Agent(GroupBench.Bob, 2, new AgentPhone.Registered(GroupBench.Bob)),
        Agent(GroupBench.Ben, 3, new AgentPhone.Extension("pbx", GroupBench.BensNumber)),
        new Agent(new AgentId(GroupBench.Sam), "sam", [], [new AgentPhone.Extension(GroupBench.Sipp.Trunk, "204")]), // in no group
    ];

    private static Agent Agent(string name, int order, AgentPhone phone) => new(
        new AgentId(name), name,
        [new AgentMembership(Everybody, Order: order), new AgentMembership(Careful, Order: order)], [phone]);

    private static Flow Flow(string id)
    {
        Dictionary<string, FlowStep> steps = id switch
        {
            "all" => new() { [id] = Ring(Everybody, RingStrategy.All) },
            "robin" => new() { [id] = Ring(Everybody, RingStrategy.RoundRobin) },
            "order" => new() { [id] = Ring(Everybody, RingStrategy.InOrder) },
            "careful" => new() { [id] = Ring(Careful, RingStrategy.InOrder) },
            "overflow" => new()
            {
                [id] = new FlowStep.Ring(Only(GroupBench.Alice), RingSeconds: 5, Next: "others"),
                ["others"] = new FlowStep.Ring(Only(GroupBench.Ann, GroupBench.Ben)),
            },
            "queue" => new() { [id] = new FlowStep.Queue(Everybody) { Music = "music", LeaveWhenNobodyIsSignedIn = false } },
            "menu" => new()
            {
                [id] = new FlowStep.Menu("prompt", new Dictionary<string, string> { ["4"] = "refuse", ["42"] = "ring" }),
                ["ring"] = Ring(Everybody, RingStrategy.All),
                ["refuse"] = new FlowStep.Refuse(),
            },
            _ => new() { [id] = new FlowStep.Voicemail("beep") { SilenceSeconds = 2, Group = Everybody } },
        };
        return new Flow(new FlowId(id), id, id, steps);
    }

    private static FlowStep.Ring Ring(GroupId group, RingStrategy strategy) => new(new AgentChoice(group, Strategy: strategy));

    private static AgentChoice Only(params string[] agents) =>
        new(null, [.. agents.Select(agent => new AgentId(agent))], RingStrategy.All);

    private static AudioUpload Tone(string name, double hertz, int seconds)
    {
        var (at8, at16) = (new short[8000 * seconds], new short[16000 * seconds]);
        new ToneGenerator(hertz, 8000).Fill(at8);
        new ToneGenerator(hertz, 16000).Fill(at16);
        return new AudioUpload(name, "en", at8, at16, at8.Length * 2, SHA256.HashData([.. at8.SelectMany(BitConverter.GetBytes)]));
    }

    private static void Done<T>(Outcome<T> outcome) where T : class => Assert.True(outcome.Refusal is null, outcome.ToString());
}
