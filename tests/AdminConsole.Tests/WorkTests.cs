using System.Globalization;
using System.Text.RegularExpressions;
using Gateway.Calls;
using Gateway.Calls.Flows;
using Gateway.Calls.Lifecycle;
using Gateway.Storage.Commands;
using Gateway.Storage.Directory;
using Gateway.Storage.Events;
using Gateway.Storage.Nodes;
using StackExchange.Redis;
using Xunit.Abstractions;

namespace AdminConsole.Tests;

/// <summary>What people do at the console, and that it arrives at the gateway.</summary>
[Collection(ConsoleCollection.Name)]
public sealed class WorkTests(ConsoleBench bench, ITestOutputHelper output)
{
    [Fact]
    public async Task A_missed_call_is_assigned_and_closed_by_keyboard_alone()
    {
        await bench.Samples.MissedCallAsync("Worked on");
        await using var visit = await bench.EnterAsync(path: "/missed");
        var page = visit.Page;
        var row = page.GetByRole(AriaRole.Row, new() { NameRegex = new Regex("Worked on") });
        await row.GetByRole(AriaRole.Button, new() { Name = "Edit" }).FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await page.GetByLabel("Assigned to").FocusAsync();
        await page.Keyboard.TypeAsync("anna");
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(0);
        await page.GetByLabel("State").SelectOptionAsync("assigned");
        await Assertions.Expect(row).ToContainTextAsync("anna");
        await row.GetByRole(AriaRole.Button, new() { Name = "Close" }).FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(row).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task Two_who_change_the_same_thing_are_told_and_see_it_as_it_is()
    {
        await bench.Samples.MissedCallAsync("Wanted by two");
        await using var one = await bench.EnterAsync(path: "/missed");
        await using var other = await bench.EnterAsync(path: "/missed");
        ILocator Close(Visit visit) => visit.Page.GetByRole(AriaRole.Row, new() { NameRegex = new Regex("Wanted by two") })
            .GetByRole(AriaRole.Button, new() { Name = "Close" });
        await Assertions.Expect(Close(other)).ToBeVisibleAsync();
        await Close(one).ClickAsync();
        await Assertions.Expect(Close(one)).ToHaveCountAsync(0);
        await Close(other).ClickAsync();
        await Assertions.Expect(other.Page.Locator(".notice")).ToContainTextAsync("Somebody else has changed it");
        await Assertions.Expect(Close(other)).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task A_live_call_is_hung_up_and_transferred_by_its_node()
    {
        List<NodeCommand> seen = [];
        await new NodeCommandListener(bench.Get<IConnectionMultiplexer>(), "gateway-1", command =>
        {
            lock (seen)
                seen.Add(command);
            return Task.FromResult(CommandReply.Done);
        }).StartAsync();
        await using var visit = await bench.EnterAsync();
        var page = visit.Page;
        var row = page.GetByRole(AriaRole.Row, new() { NameRegex = new Regex("…0000") }).First;
        await row.GetByRole(AriaRole.Button, new() { Name = "Transfer" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByLabel("To").SelectOptionAsync("agent:anna");
        await visit.SaveAsync("transfer");
        await visit.IsSoundAsync("transfer");
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Transfer" }).ClickAsync();
        await Assertions.Expect(page.Locator(".notice")).ToContainTextAsync("The transfer has begun");
        await row.GetByRole(AriaRole.Button, new() { Name = "Hang up" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Hang up" }).ClickAsync();
        await Assertions.Expect(page.Locator(".notice").Last).ToContainTextAsync("The call ends");
        lock (seen)
            Assert.Contains(seen, command => command is NodeCommand.HangUp);
    }

    [Fact]
    public async Task A_node_reads_its_configuration_again_and_its_faults_are_shown()
    {
        const string node = "gateway-2";
        ReloadReport Report(params string[] errors) =>
            new("c0ffee", DateTimeOffset.UtcNow, errors.Length > 0 ? [] : ["calls.holdSlice"], ["webhook.port"], errors);
        CommandReply[] replies =
        [
            CommandReply.Refused(CommandRefusal.ConfigurationInvalid, "") with { Reload = Report("sip.trunks.office.host: is required") },
            CommandReply.Done with { Reload = Report() },
        ];
        var asked = 0;
        await bench.Get<NodeLeases>().BeatAsync(new LeasedNode(node, "1"), TimeSpan.FromMinutes(10), hasRoom: true);
        await new NodeCommandListener(
            bench.Get<IConnectionMultiplexer>(), node, _ => Task.FromResult(replies[Interlocked.Increment(ref asked) - 1])).StartAsync();
        await using var visit = await bench.EnterAsync(path: "/nodes");
        var page = visit.Page;
        var row = page.GetByRole(AriaRole.Row, new() { NameRegex = new Regex(node) });
        await row.GetByRole(AriaRole.Button, new() { Name = "Reload" }).ClickAsync();
        var send = page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Reload" });
        await send.ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Alert)).ToContainTextAsync("is required");
        await send.ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Dialog)).ToContainTextAsync("calls.holdSlice");
        await Assertions.Expect(page.GetByRole(AriaRole.Dialog)).ToContainTextAsync("webhook.port");
        await visit.SaveAsync("node-reloaded");
        await visit.IsSoundAsync("a reloaded node");
    }

    [Fact]
    public async Task What_happens_is_seen_without_a_reload()
    {
        await using var visit = await bench.EnterAsync(path: "/accounts/acme");
        var page = visit.Page;
        await Assertions.Expect(page.Locator(".connection.live")).ToBeVisibleAsync();
        await bench.Samples.PostAsync("/v1/accounts/acme/top-ups", new { amount = "1.0001", currency = "EUR", note = "Seen at once" });
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("Seen at once");
    }

    [Fact]
    public async Task A_file_of_rates_is_checked_with_every_error_and_then_taken()
    {
        await using var visit = await bench.EnterAsync(path: "/rates/standard");
        var page = visit.Page;
        await page.GetByRole(AriaRole.Button, new() { Name = "Import" }).ClickAsync();
        await FileAsync("direction,prefix,valid_from,price_per_minute\noutbound,49,2031-01-01,x\nsideways,55,2031-01-01,0.1\n");
        await page.GetByRole(AriaRole.Button, new() { Name = "Check" }).ClickAsync();
        var fault = page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Alert);
        await Assertions.Expect(fault).ToContainTextAsync("line 2");
        await Assertions.Expect(fault).ToContainTextAsync("line 3");
        await visit.SaveAsync("import-errors");
        await FileAsync("direction,prefix,valid_from,price_per_minute\noutbound,4930,2031-01-01,0.0777\n");
        await page.GetByLabel("Only check").UncheckAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Import", Exact = true }).ClickAsync();
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("0.0777");

        Task FileAsync(string text) => page.GetByLabel("File").SetInputFilesAsync(new FilePayload
        {
            Name = "rates.csv", MimeType = "text/csv", Buffer = System.Text.Encoding.UTF8.GetBytes(text),
        });
    }

    [Fact]
    public async Task A_key_is_shown_once()
    {
        await using var visit = await bench.EnterAsync(path: "/keys");
        var page = visit.Page;
        await page.GetByRole(AriaRole.Button, new() { Name = "New key" }).ClickAsync();
        await page.GetByLabel("Name").FillAsync("Wallboard");
        await visit.IsSoundAsync("a new key");
        await page.GetByRole(AriaRole.Button, new() { Name = "Create" }).ClickAsync();
        await Assertions.Expect(page.Locator(".secret")).ToHaveTextAsync(new Regex("^wag_"));
        await page.GetByRole(AriaRole.Button, new() { Name = "Close" }).First.ClickAsync();
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("Wallboard");
        await Assertions.Expect(page.Locator(".secret")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task A_flow_is_run_dry_and_its_faults_are_named()
    {
        await using var visit = await bench.EnterAsync(path: "/flows/inbound");
        var page = visit.Page;
        await page.GetByLabel("Channel").SelectOptionAsync(ConsoleSamples.Channel);
        await page.GetByLabel("Available agent").SelectOptionAsync("anna");
        await page.GetByRole(AriaRole.Button, new() { Name = "Run" }).ClickAsync();
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("Answered");
        await page.GetByLabel("Longest wait").FillAsync("5");
        await page.GetByLabel("Name of a new step").FillAsync("greet");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add step" }).ClickAsync();
        await page.GetByLabel("Kind").Last.SelectOptionAsync("announce");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        var faults = page.Locator("main").GetByRole(AriaRole.Alert);
        await Assertions.Expect(faults).ToContainTextAsync("maxWaitSeconds");
        await Assertions.Expect(faults).ToContainTextAsync("greet");
        await visit.IsSoundAsync("a flow with faults");
    }

    [Fact]
    public async Task Targets_of_a_PBX_and_named_agents_are_fields_of_a_form()
    {
        await bench.Samples.TrunksAsync("gateway-1", "office", "branch");
        await bench.Samples.PostAsync("/v1/flows", new
        {
            id = "by-form", name = "By form", start = "ring",
            steps = new Dictionary<string, object>
            {
                ["ring"] = new { kind = "ring", agents = new { agents = new[] { "anna" } }, next = "pbx" },
                ["pbx"] = new { kind = "pbx", targets = new[] { new { trunk = "office", target = "600", rank = 1, weight = 5 } } },
            },
        });
        await using var visit = await bench.EnterAsync(path: "/flows/by-form");
        var page = visit.Page;
        var agents = page.GetByRole(AriaRole.Group, new() { Name = "These agents, in order" });
        await agents.GetByRole(AriaRole.Combobox).SelectOptionAsync("ben");
        await agents.GetByRole(AriaRole.Button, new() { NameRegex = new Regex("^Move up: Ben") }).ClickAsync();
        await page.GetByLabel("Who rings").SelectOptionAsync("in_order");
        var targets = page.GetByRole(AriaRole.Group, new() { Name = "Targets" });
        await targets.GetByRole(AriaRole.Button, new() { Name = "Add target" }).ClickAsync();
        await targets.GetByRole(AriaRole.Combobox).Last.SelectOptionAsync("branch");
        await targets.GetByRole(AriaRole.Textbox).Last.FillAsync("700");
        await visit.SaveAsync("flow-lists");
        await visit.IsSoundAsync("lists of a flow");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Assertions.Expect(page.Locator(".notice")).ToContainTextAsync("Saved");
        var steps = (await bench.Get<FlowStore>().FindAsync(new FlowId("by-form"), CancellationToken.None))!.Flow.Steps;
        Assert.Equal(["ben", "anna"], Assert.IsType<FlowStep.Ring>(steps["ring"]).Agents.Agents!.Select(agent => agent.Value));
        Assert.Equal(
            [new PbxTarget("office", "600", 1, 5), new PbxTarget("branch", "700")], Assert.IsType<FlowStep.Pbx>(steps["pbx"]).Targets);
    }

    [Fact]
    public async Task Five_hundred_live_calls_leave_the_browser_idle()
    {
        await using var visit = await bench.EnterAsync(path: "/");
        var page = visit.Page;
        await bench.Samples.LiveCallsAsync(500);
        await Assertions.Expect(page.Locator(".count")).ToContainTextAsync(new Regex("50\\d in progress"), new() { Timeout = 20_000 });
        var devtools = await page.Context.NewCDPSessionAsync(page);
        await devtools.SendAsync("Performance.enable");
        async Task<Dictionary<string, double>> LookAsync() =>
            (await devtools.SendAsync("Performance.getMetrics"))!.Value.GetProperty("metrics").EnumerateArray()
                .ToDictionary(one => one.GetProperty("name").GetString()!, one => one.GetProperty("value").GetDouble());
        var before = await LookAsync();
        for (var i = 0; i < 5; i++)
            await page.WaitForResponseAsync(answer => answer.Url.Contains("/v1/calls/live", StringComparison.Ordinal));
        var after = await LookAsync();
        double Share(string of) => (after[of] - before[of]) / (after["Timestamp"] - before["Timestamp"]);
        await visit.SaveAsync("live-500");
        await bench.Samples.EndCallsAsync(500, but: 3); // each page that another test opens would have to show them
        var share = Share("TaskDuration");
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"500 live calls: {share * 1000:0} ms of main thread a second, of which scripts {Share("ScriptDuration") * 1000:0}, "
            + $"styles {Share("RecalcStyleDuration") * 1000:0} and layout {Share("LayoutDuration") * 1000:0}"));
        Assert.InRange(share, 0, 0.9);
    }
}
