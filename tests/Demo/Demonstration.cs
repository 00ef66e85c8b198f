using System.Net.Http.Headers;
using Testing;
using Testing.Peers;

namespace Demo;

/// <summary>
/// Starts the gateway with everything around it, places one call each way, reports, and always stops all that it started.
/// </summary>
/// <param name="staysUp">Waits for Ctrl-C after the calls.</param>
internal sealed class Demonstration(bool staysUp)
{
    private const int TailLines = 40;

    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);

    private readonly Stack<IAsyncDisposable> _started = new();
    private readonly List<ChildProgram> _programs = [];

    /// <summary>0: both calls were heard at both ends; 1: they were not; 130: interrupted before that was known.</summary>
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

        Console.WriteLine("Starting the emulated WhatsApp, the desk phone (baresip), the gateway and the admin API …");
        var settings = new DemoSettings(DemoPorts.Choose(), stores.Postgres, stores.Redis);
        var ports = settings.Ports;
        Start("sandbox", "tests/Sandbox", [], settings.SandboxEnvironment, folder);
        var phone = Track(await StartPhoneAsync(stop));
        var configuration = Path.Combine(folder, "gateway.json");
        await File.WriteAllTextAsync(configuration, settings.GatewayConfiguration(phone.SipPort), stop);
        Start("gateway", "gateway/Gateway.Worker", ["run", configuration], settings.GatewayEnvironment, folder);
        Start("admin-api", "admin-api/AdminApi", [], settings.AdminEnvironment, folder);
        await AnswersAsync(ports.WhatsApp + "/sandbox/health", stop);
        await AnswersAsync(ports.Health + "/readyz", stop);
        await AnswersAsync(ports.AdminApi + "/healthz", stop);

        using var whatsApp = new HttpClient { BaseAddress = new Uri(ports.WhatsApp) };
        using var admin = new HttpClient { BaseAddress = new Uri(ports.AdminApi) };
        admin.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", settings.AdminKey);
        var billing = new DemoBilling(admin);
        await billing.OpenAsync(DemoSettings.PhoneNumberId, stop);
        var user = new WhatsAppUser(whatsApp, DemoSettings.UserPhone);
        await user.IntroduceAsync(DemoSettings.UserName, stop);
        var calls = new DemoCalls(user, phone, new CallRecords(admin), settings);

        Console.WriteLine("Calling …\n");
        var inbound = await calls.InboundAsync(stop);
        Console.WriteLine(inbound.Text);
        var outbound = await calls.OutboundAsync(stop);
        Console.WriteLine(outbound.Text);
        if (!inbound.IsHeard || !outbound.IsHeard)
            throw new DemoException("A tone was not heard at both ends of both calls.");
        Console.WriteLine("Both calls were heard at both ends.");
        if (!inbound.IsCharged || !outbound.IsCharged)
            throw new DemoException("A call was not charged.");
        Console.WriteLine(await billing.StatementAsync(stop) + "\n");
        if (staysUp)
            await StayUpAsync(settings, phone, stop);
        return 0;
    }

    private async Task StayUpAsync(DemoSettings settings, Baresip phone, CancellationToken stop)
    {
        var ports = settings.Ports;
        Console.WriteLine($"""
            Everything stays up until Ctrl-C:
              phone page   {ports.WhatsApp}/phone?user={DemoSettings.UserPhone}
                           a browser there is the WhatsApp user: call +{DemoSettings.BusinessNumber},
                           and the desk phone answers with a tone;
                           press Enter here, and the desk phone calls the page
              SIP          udp and tcp 127.0.0.1:{ports.Sip}; any SIP phone on this machine can dial
                           sip:+{DemoSettings.UserPhone}@127.0.0.1:{ports.Sip}
              health       {ports.Health}/healthz and {ports.Health}/readyz
              metrics      {ports.Health}/metrics
              admin API    key {settings.AdminKey}; its description {ports.AdminApi}/openapi/v1.json
                           curl -s -H 'Authorization: Bearer {settings.AdminKey}' {ports.AdminApi}/v1/calls

            """);
        var keys = Task.Run(() => DialOnEnterAsync(settings, phone, stop), CancellationToken.None);
        await AnswerAllAsync(phone, stop);
        // The reader of the terminal cannot be interrupted; it ends with the process.
        _ = keys;
    }

    private static async Task AnswerAllAsync(Baresip phone, CancellationToken stop)
    {
        try
        {
            while (true)
            {
                await phone.WaitForAsync("CALL_INCOMING", stop);
                await phone.CommandAsync("accept", "", stop);
            }
        }
        catch (Exception e)
            when (e is TimeoutException or InvalidOperationException or OperationCanceledException && stop.IsCancellationRequested)
        {
            // Ctrl-C: the wait is over, and the phone may have got it too.
        }
    }

    private static async Task DialOnEnterAsync(DemoSettings settings, Baresip phone, CancellationToken stop)
    {
        while (Console.ReadLine() is not null && !stop.IsCancellationRequested)
            await phone.CommandAsync("dial", $"sip:+{DemoSettings.UserPhone}@127.0.0.1:{settings.Ports.Sip}", stop);
    }

    private static async Task<Baresip> StartPhoneAsync(CancellationToken stop)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(stop);
        timeout.CancelAfter(StartTimeout);
        return await Baresip.StartAsync(new BaresipOptions { User = DemoSettings.Agent }, timeout.Token);
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
