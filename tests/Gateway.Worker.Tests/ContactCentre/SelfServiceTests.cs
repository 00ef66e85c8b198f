using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Calls.Flows;
using Gateway.Worker.Configuration;
using Gateway.Worker.Tests.Calls.Bench;
using Sandbox.Calls;
using Testing;
using Testing.Peers;

namespace Gateway.Worker.Tests.ContactCentre;

/// <summary>The gateway itself talks to the user: announcements, menus, messages.</summary>
[Collection(StoresCollection.Name)]
public sealed class SelfServiceTests(Stores stores)
{
    private const double Ask = 500, Wrong = 600, Bye = 700;

    [Fact]
    public async Task Keys_of_the_handset_choose_in_a_menu()
    {
        await using var bench = await CentreBench.StartAsync(stores);
        await bench.AddAsync(["201"]);
        await AddTonesAsync(bench);
        var menu = new FlowStep.Menu("ask", new Dictionary<string, string> { ["1"] = "ring", ["12"] = "bye" }) { Invalid = "wrong" };
        await bench.LeadAsync(
            ("menu", menu), ("bye", new FlowStep.Announce("bye")), ("ring", new FlowStep.Ring(new AgentChoice(bench.Group), 60)));
        var call = await bench.PlaceAsync();
        await WhatsAppSide.HearsAsync(call, Ask);
        await call.Handset.SendDigitsAsync("7", CancellationToken.None);
        await WhatsAppSide.HearsAsync(call, Wrong);
        await WhatsAppSide.HearsAsync(call, Ask);

        await call.Handset.SendDigitsAsync("12", CancellationToken.None);

        await WhatsAppSide.HearsAsync(call, Bye);
        await bench.Calls.EndsAsync(call, HangupCause.FlowEnded);
        Assert.Equal(["pre_accept 200", "accept 200", "terminate 200"], WhatsAppSide.Actions(call));
    }

    [Fact]
    public async Task A_choice_rings_agents_and_the_user_hears_them()
    {
        await using var bench = await CentreBench.StartAsync(stores);
        await bench.AddAsync(["201", "202"]);
        await AddTonesAsync(bench);
        var menu = new FlowStep.Menu("ask", new Dictionary<string, string> { ["#"] = "ring" });
        await bench.LeadAsync(("menu", menu), ("ring", new FlowStep.Ring(new AgentChoice(bench.Group), 60)));
        var call = await bench.PlaceAsync();
        await WhatsAppSide.HearsAsync(call, Ask);
        await call.Handset.SendDigitsAsync("#", CancellationToken.None);
        var phones = await bench.RungAsync("201", "202");
        await phones["202"].AnswerAsync();

        await bench.Calls.LiveAsync(call);
        await phones["201"].EndedAsync();
        await WhatsAppSide.HearsAsync(call, Pbx.Hertz);
        await phones["202"].HearsAsync(WhatsAppSide.Hertz);
        await bench.WhatsApp.HangUpAsync(call);
        await bench.Calls.EndsAsync(call, HangupCause.WhatsAppHungUp);
        var row = await bench.RowAsync(call);
        Assert.True(row.AnsweredAt < row.WaitedFrom && row.WaitedFrom < row.AgentAnsweredAt, $"{row}");
    }

    [Fact]
    public async Task A_message_is_a_WAV_file_with_a_row_of_its_own()
    {
        var folder = Path.Combine(Path.GetTempPath(), "messages-" + Guid.NewGuid().ToString("n")[..8]);
        await using var bench = await CentreBench.StartAsync(
            stores, gateway: options => options with { Recording = new RecordingOptions { Folder = folder } });
        await AddTonesAsync(bench);
        await bench.LeadAsync(
            ("message", new FlowStep.Voicemail("ask", "bye") { Group = bench.Group }), ("bye", new FlowStep.Announce("bye")));
        var call = await bench.PlaceAsync();
        await WhatsAppSide.HearsAsync(call, Ask);
        await Eventually.SeeAsync(() => Directory.Exists(folder) && RecordedBytes(folder) > 40_000, "some seconds are recorded");

        await call.Handset.SendDigitsAsync("#", CancellationToken.None);

        await WhatsAppSide.HearsAsync(call, Bye);
        await bench.Calls.EndsAsync(call, HangupCause.FlowEnded);
        var id = (await bench.RowAsync(call)).Id;
        var (path, milliseconds, group) = await Eventually.SeeAsync(
            () => bench.FindAsync<(string? Path, int Length, string? Group)>(
                "SELECT path, duration_ms, agent_group FROM voicemails WHERE call_id = @id", new { id }),
            message => message.Path is not null, "the message is listed");
        Assert.Equal(bench.Group.Value, group);
        var samples = WaveFile.Read(Path.Combine(folder, path!));
        Assert.InRange(samples.Length / 8, milliseconds - 1, milliseconds + 1); // at 8 kHz
        var meter = new ToneMeter(8000);
        meter.Listen(samples.AsSpan(8000, 8000));
        Assert.InRange(meter.Hertz() ?? 0, WhatsAppSide.Hertz - 8, WhatsAppSide.Hertz + 8);
        Assert.Contains("voicemail.left", await bench.EventsAsync(call));
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_node_that_records_nothing_passes_over_the_message()
    {
        await using var bench = await CentreBench.StartAsync(stores);
        await AddTonesAsync(bench);
        await bench.LeadAsync(
            ("message", new FlowStep.Voicemail("ask", "busy")), ("busy", new FlowStep.Refuse(RefuseReason.Busy)));

        var call = await bench.PlaceAsync();

        await bench.Calls.EndsAsync(call, HangupCause.Busy);
        Assert.Equal(["pre_accept 200", "terminate 200"], WhatsAppSide.Actions(call));
    }

    private static long RecordedBytes(string folder) => Directory.GetFiles(folder).Sum(file => new FileInfo(file).Length);

    private static async Task AddTonesAsync(CentreBench bench)
    {
        foreach (var (name, hertz) in new[] { ("ask", Ask), ("wrong", Wrong), ("bye", Bye) })
            await bench.AddToneAsync(name, hertz);
    }
}
