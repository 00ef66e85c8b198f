using System.ComponentModel;
using AdminApi.Platform;
using Gateway.Calls;
using Gateway.Storage.Admin;
using Gateway.Storage.Commands;
using Gateway.Storage.Tracing;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AdminApi.Calls;

/// <summary>Captures of calls in progress: their SIP and their audio in the clear, for a limited time.</summary>
public static class CallCaptureApi
{
    private const string Pcap = "application/vnd.tcpdump.pcap", IdText = "The gateway's id of the call.";

    public static void MapCallCaptures(this IEndpointRouteBuilder api)
    {
        var calls = api.MapGroup("/calls/{id}").WithTags("calls");
        calls.MapPost("/capture", BeginAsync).WithName("captureCall").Requires(Scope.Admin)
            .Problems(Problems.NotFound, NodeProblems.Unreachable, NodeProblems.Refused)
            .WithSummary("Captures a call in progress, its SIP and its decrypted audio, through the node that runs it");
        calls.MapGet("/captures/{capture}", DownloadAsync).WithName("downloadCapture").Requires(Scope.Admin).Problems(Problems.NotFound)
            .WithSummary("The finished capture as a file for Wireshark or tcpdump; it is kept for a day")
            .Produces<byte[]>(StatusCodes.Status200OK, Pcap);
    }

    /// <param name="Seconds">The longest that is captured; the end of the call ends it too. 1 to 600.</param>
    /// <param name="MaxBytes">The room for it; when it is full, nothing more is taken. 65536 to 16777216.</param>
    public sealed record CaptureRequest(int Seconds = 60, int MaxBytes = 4 * 1024 * 1024);

    /// <param name="Id">Its id, for the download once it is over.</param>
    public sealed record CaptureBegun(string Id);

    private static async Task<Results<Accepted<CaptureBegun>, ProblemResult>> BeginAsync(
        [Description(IdText)] string id, CaptureRequest request, NodeCommands nodes, AuditStore audit, Caller caller,
        CancellationToken cancellation)
    {
        var check = new Check();
        check.That(request.Seconds is >= 1 and <= 600, "seconds", "Must be between 1 and 600.");
        check.That(request.MaxBytes is >= 65_536 and <= 16_777_216, "maxBytes", "Must be between 65536 and 16777216.");
        if (check.Failed(out var problem))
            return problem;
        var capture = Guid.NewGuid().ToString("n");
        await audit.WriteAsync(caller.Actor, "call.capture", $"call:{id}", null, request, cancellation);
        var reply = await nodes.CaptureAsync(
            new NodeCommand.CaptureCall(new CallId(id), capture, request.Seconds, request.MaxBytes, caller.Actor), cancellation);
        return reply.Outcome == CommandOutcome.Done
            ? TypedResults.Accepted($"/v1/calls/{id}/captures/{capture}", new CaptureBegun(capture)) : NodeProblems.Of(reply);
    }

    private static async Task<Results<FileContentHttpResult, ProblemResult>> DownloadAsync(
        [Description(IdText)] string id, [Description("The capture's id.")] string capture, CallCaptureStore captures, AuditStore audit,
        Caller caller, CancellationToken cancellation)
    {
        if (await captures.FindAsync(capture, new CallId(id), cancellation) is not { } found)
            return Problems.NotFound.Of("There is no finished capture of this id: it goes on, was never begun, or is older than a day.");
        await audit.WriteAsync(caller.Actor, "call.capture_downloaded", $"call:{id}", null, null, cancellation);
        return TypedResults.File(found.File, Pcap, $"{id}.pcap");
    }
}
