using System.Net.Sockets;
using Gateway.Calls;
using Gateway.WhatsApp.Graph;

namespace Gateway.WhatsApp.Tests;

public sealed class GraphClientTests
{
    private const string Wacid = "wacid.A/B+C=";
    private static readonly WhatsAppUser User = new("15550001111", "US.1");
    private static readonly GraphNumber Number = ScriptedGraph.Number;

    [Fact]
    public async Task Connect_sends_the_documented_request_and_gives_the_call_id()
    {
        await using var graph = await ScriptedGraph.StartAsync();
        graph.Then(200, """{"messaging_product":"whatsapp","calls":[{"id":"wacid.X"}],"success":true}""");
        var result = await graph.Client.ConnectAsync(Number, User, "v=0\r\no=+/\r\n", "order-1");
        Assert.Equal("wacid.X", result.Value);
        var seen = Assert.Single(graph.Requests);
        Assert.Equal(("POST", "/v25.0/100200300400/calls", "Bearer secret-token"), (seen.Method, seen.PathAndQuery, seen.Authorization));
        Assert.Equal(
            """{"messaging_product":"whatsapp","to":"15550001111","action":"connect","session":{"sdp_type":"offer",""" +
            @"""sdp"":""v=0\r\no=\u002B/\r\n""},""biz_opaque_callback_data"":""order-1""}",
            seen.Body!.ToJsonString());
    }

    [Fact]
    public async Task A_user_without_number_is_the_recipient()
    {
        await using var graph = await ScriptedGraph.StartAsync();
        graph.Then(200, """{"calls":[{"id":"wacid.X"}]}""");
        await graph.Client.ConnectAsync(Number, new WhatsAppUser(null, "US.1"), "v=0\r\n");
        var body = Assert.Single(graph.Requests).Body!;
        Assert.Equal("US.1", (string?)body["recipient"]);
        Assert.Null(body["to"]);
    }

    [Fact]
    public async Task The_answering_actions_carry_their_call_and_an_answer()
    {
        await using var graph = await ScriptedGraph.StartAsync();
        graph.Then(200, ScriptedGraph.Ok);
        Assert.True((await graph.Client.PreAcceptAsync(Number, Wacid, "sdp")).IsSuccess);
        Assert.True((await graph.Client.AcceptAsync(Number, Wacid, "sdp", "data")).IsSuccess);
        Assert.True((await graph.Client.RejectAsync(Number, Wacid)).IsSuccess);
        Assert.True((await graph.Client.TerminateAsync(Number, Wacid)).IsSuccess);
        Assert.Equal(
            [("pre_accept", "answer", null), ("accept", "answer", "data"), ("reject", null, null), ("terminate", null, null)],
            graph.Requests.Select(
                r => ((string?)r.Body!["action"], (string?)r.Body["session"]?["sdp_type"], (string?)r.Body["biz_opaque_callback_data"])));
        Assert.All(graph.Requests, r => Assert.Equal(Wacid, (string?)r.Body!["call_id"]));
    }

    [Fact]
    public async Task An_error_keeps_everything_Meta_said()
    {
        await using var graph = await ScriptedGraph.StartAsync();
        graph.Then(400, """
            {"error":{"message":"(#138008) SDP Validation error","code":138008,"error_subcode":2593093,"error_data":{"details":"why"},
             "fbtrace_id":"T1"}}
            """);
        var error = (await graph.Client.AcceptAsync(Number, Wacid, "sdp")).Error!;
        Assert.Equal(
            new WhatsAppError(WhatsAppErrorCodes.InvalidSdp, "(#138008) SDP Validation error", "why") { Subcode = 2593093 }, error.Error);
        Assert.Equal((2593093, "T1", 400, false, false, "InvalidSdp"), (
            error.Subcode, error.TraceId, error.HttpStatus, error.Retryable, error.EffectUnknown, error.Name));
    }

    [Fact]
    public async Task Terminate_is_repeated_until_it_is_done()
    {
        await using var graph = await ScriptedGraph.StartAsync();
        graph.ThenError(503, 2).ThenCut().Then(502, "<html>").Then(200, ScriptedGraph.Ok);
        Assert.True((await graph.Client.TerminateAsync(Number, Wacid)).IsSuccess);
        Assert.Equal(4, graph.Requests.Count);
    }

    [Fact]
    public async Task Terminate_gives_up_after_its_attempts()
    {
        await using var graph = await ScriptedGraph.StartAsync();
        graph.ThenError(500, 2);
        Assert.Equal(WhatsAppErrorCodes.ServiceFault, (await graph.Client.TerminateAsync(Number, Wacid)).Error!.Code);
        Assert.Equal(4, graph.Requests.Count);
    }

    [Fact]
    public async Task What_Meta_may_have_received_is_never_sent_twice()
    {
        await using var graph = await ScriptedGraph.StartAsync();
        graph.ThenCut().Then(503, "").ThenError(500, 2).Then(200, "{}");
        var lost = await graph.Client.AcceptAsync(Number, Wacid, "sdp");
        var fault = await graph.Client.ConnectAsync(Number, User, "sdp");
        var service = await graph.Client.PreAcceptAsync(Number, Wacid, "sdp");
        var empty = await graph.Client.RequestPermissionAsync(Number, User);
        Assert.Equal(4, graph.Requests.Count);
        Assert.Equal(
            [WhatsAppErrorCodes.ConnectionLost, WhatsAppErrorCodes.MalformedAnswer, WhatsAppErrorCodes.ServiceFault,
                WhatsAppErrorCodes.MalformedAnswer],
            new[] { lost.Error!.Code, fault.Error!.Code, service.Error!.Code, empty.Error!.Code });
        Assert.All(new[] { lost.Error, fault.Error, service.Error, empty.Error }, error => Assert.True(error!.EffectUnknown));
    }

    [Fact]
    public async Task An_accept_that_never_left_is_sent_again()
    {
        var failures = 2;
        var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (context, cancel) =>
            {
                if (failures-- > 0)
                    throw new SocketException((int)SocketError.ConnectionRefused);
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(context.DnsEndPoint, cancel);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        await using var graph = await ScriptedGraph.StartAsync(handler: handler);
        graph.Then(200, ScriptedGraph.Ok);
        Assert.True((await graph.Client.AcceptAsync(Number, Wacid, "sdp")).IsSuccess);
        Assert.Single(graph.Requests);
    }

    [Fact]
    public async Task An_unreachable_Meta_is_told_from_a_silent_one()
    {
        await using var graph = await ScriptedGraph.StartAsync(options => options with { AnswerDeadline = TimeSpan.FromMilliseconds(150) });
        graph.ThenHang();
        var silent = (await graph.Client.AcceptAsync(Number, Wacid, "sdp")).Error!;
        Assert.Equal((WhatsAppErrorCodes.DeadlineExceeded, true), (silent.Code, silent.EffectUnknown));

        using var nowhere = new HttpClient(GraphClient.CreateHandler());
        var client = new GraphClient(nowhere, new GraphOptions { BaseUrl = new Uri(
            "http://127.0.0.1:1/"), FirstBackoff = TimeSpan.FromMilliseconds(1) }, TimeProvider.System);
        var refused = (await client.AcceptAsync(Number, Wacid, "sdp")).Error!;
        Assert.Equal((WhatsAppErrorCodes.Unreachable, false, true), (refused.Code, refused.EffectUnknown, refused.Retryable));
    }

    [Fact]
    public async Task Only_the_callers_own_cancellation_throws()
    {
        await using var graph = await ScriptedGraph.StartAsync();
        graph.ThenHang();
        using var cancel = new CancellationTokenSource();
        var waiting = graph.Client.GetSettingsAsync(Number, cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    [Fact]
    public async Task A_throttled_accept_waits_as_told_within_its_deadline()
    {
        await using var graph = await ScriptedGraph.StartAsync();
        graph.ThenError(429, WhatsAppErrorCodes.TooManyRequests, ("Retry-After", "1")).Then(200, ScriptedGraph.Ok);
        Assert.True((await graph.Client.AcceptAsync(Number, Wacid, "sdp")).IsSuccess);
        Assert.Equal(2, graph.Requests.Count);
    }

    [Fact]
    public async Task The_rate_of_permission_reads_holds_back_reads_only()
    {
        await using var graph = await ScriptedGraph.StartAsync(options => options with { ReadDeadline = TimeSpan.FromMilliseconds(500) });
        graph.ThenError(429, WhatsAppErrorCodes.PermissionReadRate, ("Retry-After", "60")).Then(200, """{"calls":[{"id":"wacid.X"}]}""");
        var first = (await graph.Client.GetCallPermissionAsync(Number, User)).Error!;
        Assert.Equal((WhatsAppErrorCodes.PermissionReadRate, TimeSpan.FromSeconds(60)), (first.Code, first.RetryAfter!.Value));
        var second = (await graph.Client.GetCallPermissionAsync(Number, User)).Error!;
        Assert.Equal((WhatsAppErrorCodes.HeldBack, true), (second.Code, second.RetryAfter > TimeSpan.FromSeconds(50)));
        Assert.True((await graph.Client.ConnectAsync(Number, User, "sdp")).IsSuccess);
        Assert.Equal(2, graph.Requests.Count);
    }

    [Fact]
    public async Task An_exhausted_account_holds_back_all_but_calls_already_there()
    {
        await using var graph = await ScriptedGraph.StartAsync();
        graph.Then(200, """{"messages":[{"id":"wamid.1"}]}""",
            ("X-Business-Use-Case-Usage", """{"555":[{"type":"whatsapp","call_count":100,"estimated_time_to_regain_access":7}]}"""))
            .Then(200, ScriptedGraph.Ok);
        Assert.Equal("wamid.1", (await graph.Client.RequestPermissionAsync(Number, User)).Value);
        var held = (await graph.Client.ConnectAsync(Number, User, "sdp")).Error!;
        Assert.Equal(WhatsAppErrorCodes.HeldBack, held.Code);
        Assert.InRange(held.RetryAfter!.Value, TimeSpan.FromMinutes(6), TimeSpan.FromMinutes(7));
        Assert.True((await graph.Client.AcceptAsync(Number, Wacid, "sdp")).IsSuccess);
        Assert.True((await graph.Client.TerminateAsync(Number, Wacid)).IsSuccess);
        var other = new GraphNumber("999", Number.Token);
        Assert.NotEqual(WhatsAppErrorCodes.HeldBack, (await graph.Client.ConnectAsync(other, User, "sdp")).Error!.Code);
    }

    [Fact]
    public async Task The_limit_of_parallel_calls_is_no_throttling()
    {
        await using var graph = await ScriptedGraph.StartAsync();
        graph.ThenError(429, WhatsAppErrorCodes.ConcurrentCallLimit).Then(200, """{"calls":[{"id":"wacid.X"}]}""");
        Assert.Equal(WhatsAppErrorCodes.ConcurrentCallLimit, (await graph.Client.ConnectAsync(Number, User, "sdp")).Error!.Code);
        Assert.True((await graph.Client.ConnectAsync(Number, User, "sdp")).IsSuccess);
    }

    [Theory]
    [InlineData("")]
    [InlineData("<html>")]
    [InlineData("[]")]
    [InlineData("{\"calls\":[]}")]
    [InlineData("{\"calls\":[{\"id\":\"\\ud800\"}]}")]
    public async Task An_answer_that_says_nothing_is_malformed(string body)
    {
        await using var graph = await ScriptedGraph.StartAsync();
        graph.Then(200, body);
        Assert.Equal(WhatsAppErrorCodes.MalformedAnswer, (await graph.Client.ConnectAsync(Number, User, "sdp")).Error!.Code);
    }

    [Fact]
    public async Task An_endless_answer_is_not_read_to_its_end()
    {
        await using var graph = await ScriptedGraph.StartAsync(options => options with { MaxAnswerLength = 1000 });
        graph.Then(200, new string(' ', 1001) + ScriptedGraph.Ok);
        Assert.Equal(WhatsAppErrorCodes.MalformedAnswer, (await graph.Client.AcceptAsync(Number, Wacid, "sdp")).Error!.Code);
    }

    [Fact]
    public async Task What_Meta_would_refuse_is_not_sent()
    {
        await using var graph = await ScriptedGraph.StartAsync();
        var nobody = new WhatsAppUser(null);
        Assert.Equal(WhatsAppErrorCodes.InvalidParameter, (await graph.Client.ConnectAsync(Number, nobody, "sdp")).Error!.Code);
        Assert.Equal(WhatsAppErrorCodes.InvalidParameter, (await graph.Client.GetCallPermissionAsync(Number, nobody)).Error!.Code);
        Assert.Equal(
            WhatsAppErrorCodes.InvalidParameter, (await graph.Client.AcceptAsync(Number, Wacid, "sdp", new string('x', 513))).Error!.Code);
        Assert.Empty(graph.Requests);
    }

    [Fact]
    public async Task Nothing_prints_the_token_or_Metas_sentences()
    {
        await using var graph = await ScriptedGraph.StartAsync();
        graph.Then(401, """{"error":{"message":"token secret-token of 15550001111","code":190}}""");
        var result = await graph.Client.GetSettingsAsync(Number);
        Assert.DoesNotContain("secret", $"{Number} {Number.Token} {result} {result.Error}", StringComparison.Ordinal);
        Assert.DoesNotContain("15550001111", $"{result} {result.Error}", StringComparison.Ordinal);
        Assert.Equal("AccessTokenExpired (190), HTTP 401", result.Error!.ToString());
    }
}
