using System.Net.Http.Headers;
using Testing;
using Testing.Peers;

namespace Demo;

/// <summary>
/// Starts the gateway, or several, with everything around it, places one call each way and two to a group of phones, reports, and always
/// stops whatever it started. Of several gateways one is killed in the middle of a call.
/// </summary>
/// <param name="nodes">Gateways that share the stores.</param>
/// <param name="staysUp">Waits for Ctrl-C after the calls.</param>
internal sealed class Demonstration(int nodes, bool staysUp)
{
    private const int TailLines = 40;

    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);

    private readonly Stack<IAsyncDisposable> _started = new();
    private readonly List<ChildProgram> _programs = [];

    /// <summary>0: every call was heard at both ends, and music while waiting; 1: not so; 130: interrupted before that was known.</summary>
    public async Task<int> RunAsync(CancellationToken stop)
    {
        var folder = Directory.CreateTempSubdirectory("gateway-run-").FullName;
        try
        {
            return await RunAsync(folder, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return 130;
        }
        catch (Exception e) // Reported with the logs; the programs started still have to be stopped.
        {
            if (stop.IsCancellationRequested)
                return 130;
            Console.Error.WriteLine($"\nFAILED: {(e is DemoException or TimeoutException ? e.Message : e)}");
            PrintTails();
            return 1;
        }
        finally
        {
            Console.WriteLine("Stopping …");
            while (_started.TryPop(out var thing))
                await StopAsync(thing);
            Directory.Delete(folder, recursive: true);
        }
    }

    private async Task<int> RunAsync(string folder, CancellationToken stop)
    {
        var stores = Track(new PrivateStores(folder + "-stores")); // outside it, since PostgreSQL's own user may not enter the folder
        await stores.StartAsync();
        stop.ThrowIfCancellationRequested();

        Console.WriteLine($"Starting the emulated WhatsApp, the desk phone (baresip), {Gateways} and the admin API …");
        var settings = new DemoSettings(DemoPorts.Choose(nodes), stores.Postgres, stores.Redis);
        var ports = settings.Ports;
        Start("sandbox", "tests/Sandbox", [], settings.SandboxEnvironment, folder);
        var desk = await StartPhoneAsync(new BaresipOptions { User = DemoSettings.Agent }, stop);
        foreach (var node in ports.Nodes)
        {
            var configuration = Path.Combine(folder, node.Id + ".json");
            await File.WriteAllTextAsync(configuration, settings.GatewayConfiguration(node, desk.SipPort), stop);
            Start(node.Id, "gateway/Gateway.Worker", ["run", configuration], settings.GatewayEnvironment, folder);
        }
        await AnswersAsync(ports.WhatsApp + "/sandbox/health", stop);
        foreach (var node in ports.Nodes)
            await AnswersAsync(node.Health + "/readyz", stop);
        Start("admin-api", "admin-api/AdminApi", [], settings.AdminEnvironment, folder);
        await AnswersAsync(ports.AdminApi + "/healthz", stop);

        using var whatsApp = new HttpClient { BaseAddress = new Uri(ports.WhatsApp) };
        using var http = new HttpClient { BaseAddress = new Uri(ports.AdminApi) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", settings.AdminKey);
        var admin = new AdminClient(http);
        var billing = new DemoBilling(admin);
        await billing.OpenAsync(DemoSettings.PhoneNumberId, stop);
        await new DemoGroup(admin).OpenAsync(DemoSettings.PhoneNumberId, stop);
        var group = await StartGroupAsync(settings, stop);
        var phone = new DeskPhone(desk);
        var records = new CallRecords(http);
        await CallAsync(settings, phone, group, whatsApp, records, stop);
        if (nodes > 1)
            await LoseNodeAsync(settings, phone, whatsApp, records, stop);
        Console.WriteLine(await billing.StatementAsync(stop) + "\n");
        if (staysUp)
            await StayUpAsync(
                settings, phone, group,
                (await admin.ConsoleLinkAsync(stop), await admin.ConsoleLinkAsync(stop, DemoGroup.Browser)), stop);
        return 0;
    }

    /// <summary>All calls of the demonstration, with their reports.</summary>
    private static async Task CallAsync(
        DemoSettings settings, DeskPhone phone, DeskPhone[] group, HttpClient whatsApp, CallRecords records, CancellationToken stop)
    {
        var ada = new WhatsAppUser(whatsApp, DemoSettings.UserPhone);
        await ada.IntroduceAsync(DemoSettings.UserName, stop);
        var grace = new WhatsAppUser(whatsApp, DemoSettings.SecondUserPhone);
        await grace.IntroduceAsync(DemoSettings.SecondUserName, stop);
        Console.WriteLine("Calling …\n");
        var calls = new DemoCalls(ada, phone, records, settings.Ports.Nodes[^1]);
        List<CallReport> reports = [];
        Report(await calls.InboundAsync(stop));
        Report(await calls.OutboundAsync(stop));
        foreach (var report in await new GroupCalls(ada, grace, group, records).RunAsync(stop))
            Report(report);
        if (!reports.TrueForAll(report => report.IsHeard))
            throw new DemoException("A tone was not heard at both ends of every call.");
        if (reports[^1].Music is null)
            throw new DemoException("The caller who waited heard no music.");
        Console.WriteLine("All four calls were heard at both ends, and music by the caller who waited.");
        if (!reports.TrueForAll(report => report.IsCharged))
            throw new DemoException("A call was not charged.");

        void Report(CallReport report)
        {
            reports.Add(report);
            Console.WriteLine(report.Text);
        }
    }

    /// <summary>The node that has a call is killed, and another goes on with it; of the next call nobody notices.</summary>
    private async Task LoseNodeAsync(
        DemoSettings settings, DeskPhone phone, HttpClient whatsApp, CallRecords records, CancellationToken stop)
    {
        var loss = new NodeLoss(new WhatsAppUser(whatsApp, DemoSettings.UserPhone), phone, records);
        var lost = await loss.RunAsync(async id => await _programs.Single(program => program.Name == id).KillAsync(), stop);
        Console.WriteLine(lost.Text);
        var next = await loss.CallAgainAsync(stop);
        Console.WriteLine(next.Text);
        if (!lost.IsHeard || !lost.IsCharged)
            throw new DemoException("The call whose node was killed was not heard at both ends again, or not charged.");
        if (!next.IsHeard || !next.IsCharged)
            throw new DemoException("The call after the loss of a node was not heard at both ends, or not charged.");
        _programs.RemoveAll(program => program.HasExited);
        Console.WriteLine($"{settings.Ports.Nodes.Count - 1} of {settings.Ports.Nodes.Count} gateways go on.");
    }

    private string Gateways => nodes == 1 ? "the gateway" : $"{nodes} gateways";

    /// <summary>The group's agents, each with a phone that registers with a gateway: of several with one after the other.</summary>
    private async Task<DeskPhone[]> StartGroupAsync(DemoSettings settings, CancellationToken stop)
    {
        var phones = await Task.WhenAll(DemoGroup.Agents.Select((agent, place) => StartPhoneAsync(
            new BaresipOptions
            {
                User = agent,
                Registrar = $"127.0.0.1:{settings.Ports.Nodes[place % nodes].Sip}",
                Password = settings.PhonePassword,
                ToneHertz = 700 + 80 * place,
            },
            stop)));
        using var http = new HttpClient();
        foreach (var (node, place) in settings.Ports.Nodes.Select((node, place) => (node, place)))
        {
            var here = Enumerable.Range(0, phones.Length).Count(phone => phone % nodes == place);
            await Waiting.ForAsync($"the phones to register with {node.Id}", StartTimeout, async () =>
            {
                var metrics = await http.GetStringAsync(node.Health + "/metrics", stop);
                return metrics.Contains($"\ngateway_sip_registered_contacts {here}\n", StringComparison.Ordinal) ? metrics : null;
            }, stop);
        }
        return [.. phones.Select(phone => new DeskPhone(phone))];
    }

    private static async Task StayUpAsync(
        DemoSettings settings, DeskPhone desk, DeskPhone[] group, (string Console, string Phone) links, CancellationToken stop)
    {
        Console.WriteLine(WhatToTry(settings, links));
        var keys = Task.Run(() => DialOnEnterAsync(settings, desk, stop), CancellationToken.None);
        await AnswerAllAsync([desk, .. group], stop);
        // The reader of the terminal cannot be interrupted; it ends with the process.
        _ = keys;
    }

    private static string WhatToTry(DemoSettings settings, (string Console, string Phone) links)
    {
        var ports = settings.Ports;
        var page = $"{ports.WhatsApp}/phone?user=";
        var nodes = ports.Nodes;
        return $$$"""
            Everything stays up until Ctrl-C:
              phone page   {{{page}}}{{{DemoSettings.UserPhone}}}
                           a browser there is the WhatsApp user: call +{{{DemoSettings.BusinessNumber}}},
                           and the desk phone answers with a tone;
                           press Enter here, and the desk phone calls the page
              a group      {{{page}}}{{{DemoSettings.UserPhone}}}&cta={{{DemoGroup.Button}}}
                           a call from there is the group's; "ben" alone is at work, and his phone answers with a tone
              its queue    {{{page}}}{{{DemoSettings.SecondUserPhone}}}&cta={{{DemoGroup.Button}}}
                           a second call meanwhile hears music, and "ben" when the first is over
              browser      {{{links.Phone}}}
                           you are the agent "{{{DemoGroup.Browser}}}", whose phone is that page: press "Switch on", then "Available";
                           {{{page}}}{{{DemoSettings.UserPhone}}}&cta={{{DemoGroup.Browser}}}&tone=440
                           press "Call" there, and "Accept" at the phone; the link logs in once, within half an hour
              SIP          udp and tcp {{{string.Join(", ", nodes.Select(node => $"127.0.0.1:{node.Sip}"))}}}; any SIP phone on this machine
                           can dial sip:+{{{DemoSettings.UserPhone}}}@127.0.0.1:{{{nodes[0].Sip}}}, or register as an agent
                           ({{{string.Join(", ", DemoGroup.Agents)}}}; password {{{settings.PhonePassword}}})
                           and dial *11 to be rung, *12 to be away, *13 to sign off
              health       {{{string.Join(", ", nodes.Select(node => node.Health + "/readyz"))}}}
              metrics      {{{string.Join(", ", nodes.Select(node => node.Health + "/metrics"))}}}
              console      {{{links.Console}}}
                           logs in once, within half an hour; afterwards by a key at {{{ports.AdminApi}}}/console
              admin API    its description: {{{ports.AdminApi}}}/openapi/v1.json

            api={{{ports.AdminApi}}}/v1 key='Authorization: Bearer {{{settings.AdminKey}}}' json='Content-Type: application/json'
            curl -s -H "$key" $api/calls
            curl -s -H "$key" $api/calls/live
            curl -s -H "$key" $api/supervisor
            curl -s -H "$key" $api/flows/{{{DemoGroup.Button}}}
            curl -s -X PUT -H "$key" -H "$json" $api/agents/carla/state -d '{"presence":"available"}'
            curl -s -X POST -H "$key" -H "$json" $api/calls/ID-OF-A-LIVE-CALL/transfer -d '{"to":{"agent":"carla"}}'

            """;
    }

    private static async Task AnswerAllAsync(DeskPhone[] phones, CancellationToken stop)
    {
        try
        {
            await Task.WhenAll(phones.Select(phone => phone.AnswerAllAsync(stop)));
        }
        catch (Exception e)
            when (e is TimeoutException or InvalidOperationException or OperationCanceledException && stop.IsCancellationRequested)
        {
            // Ctrl-C: the wait is over, and the phone may have got it too.
        }
    }

    private static async Task DialOnEnterAsync(DemoSettings settings, DeskPhone phone, CancellationToken stop)
    {
        while (Console.ReadLine() is not null && !stop.IsCancellationRequested)
            await phone.DoAsync("dial", $"sip:+{DemoSettings.UserPhone}@127.0.0.1:{settings.Ports.Nodes[0].Sip}", stop);
    }

    private async Task<Baresip> StartPhoneAsync(BaresipOptions options, CancellationToken stop)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(stop);
        timeout.CancelAfter(StartTimeout);
        return Track(await Baresip.StartAsync(options, timeout.Token));
    }

    private void Start(string name, string project, string[] arguments, IReadOnlyDictionary<string, string> environment, string folder) =>
        _programs.Add(Track(ChildProgram.Of(name, project, arguments, environment, folder)));

    private async Task AnswersAsync(string address, CancellationToken stop)
    {
        using var http = new HttpClient();
        string? last = null;
        try
        {
            await Waiting.ForAsync(address, StartTimeout, async () =>
            {
                if (_programs.FirstOrDefault(program => program.HasExited) is { } ended)
                    throw new DemoException($"The {ended.Name} ended by itself.");
                try
                {
                    using var answer = await http.GetAsync(new Uri(address), stop);
                    last = await answer.Content.ReadAsStringAsync(stop);
                    return answer.IsSuccessStatusCode ? "ok" : null;
                }
                catch (HttpRequestException)
                {
                    return null;
                }
            }, stop);
        }
        catch (DemoException e) when (last is not null)
        {
            throw new DemoException($"{e.Message} Last status: {last}");
        }
    }

    private void PrintTails()
    {
        foreach (var program in _programs)
            Console.Error.WriteLine($"\n--- the last lines of the {program.Name}\n{string.Join('\n', program.Tail(TailLines))}");
        foreach (var phone in _started.OfType<Baresip>())
            Console.Error.WriteLine($"\n--- the last lines of baresip\n{string.Join('\n', phone.Log().Split('\n').TakeLast(TailLines))}");
    }

    private T Track<T>(T thing) where T : IAsyncDisposable
    {
        lock (_started)
            _started.Push(thing);
        return thing;
    }

    private static async Task StopAsync(IAsyncDisposable thing)
    {
        try
        {
            await thing.DisposeAsync();
        }
        catch (Exception e) // The others still have to be stopped.
        {
            Console.Error.WriteLine($"{thing.GetType().Name} did not stop: {e.Message}");
        }
    }
}
