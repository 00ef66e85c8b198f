using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Gateway.Storage.Admin;

namespace AdminApi.Platform;

/// <summary>
/// Endpoints `.Idempotent()`: the first request with an Idempotency-Key is carried out, and every repetition within a day gets its answer.
/// Refusals are not stored: they changed nothing, and the next try may succeed. Once begun, a request is completed even if its caller has
/// gone.
/// </summary>
public sealed class Idempotency(RequestDelegate next, IdempotencyStore book)
{
    public const string Header = "Idempotency-Key";
    private const int LongestKey = 255;

    private static readonly string[] KeptHeaders = ["Content-Type", "ETag", "Location"];

    public Task InvokeAsync(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<NeedsIdempotencyKey>() is null ? next(context) : OnceAsync(context);

    private async Task OnceAsync(HttpContext context)
    {
        if (context.Request.Headers[Header] is not [{ Length: > 0 and <= LongestKey } key] || !key.All(c => c is > ' ' and < '\x7f'))
        {
            await Problems.IdempotencyKeyRequired
                .Of($"Send a key of your choice, such as a UUID, as {Header}; the same one when you repeat the request.")
                .ExecuteAsync(context);
            return;
        }
        var actor = context.Features.Get<Caller>()!.Actor;
        var start = await book.BeginAsync(actor, key, await HashAsync(context.Request), context.RequestAborted);
        if (start.IsFirst)
            await RunAsync(context, actor, key);
        else if (start.Answer is { } answer)
            await ReplayAsync(context.Response, answer);
        else if (start.IsOther)
            await Problems.IdempotencyKeyReused.Of("Use a new key for a new request.").ExecuteAsync(context);
        else
        {
            context.Response.Headers.RetryAfter = Math.Max(1, (int)Math.Ceiling(start.Wait.TotalSeconds))
                .ToString(CultureInfo.InvariantCulture);
            await Problems.RequestInProgress.Of("Repeat it shortly to get its answer.").ExecuteAsync(context);
        }
    }

    private async Task RunAsync(HttpContext context, string actor, string key)
    {
        context.RequestAborted = CancellationToken.None;
        var wire = context.Response.Body;
        using var body = new MemoryStream();
        context.Response.Body = body;
        using var ended = new CancellationTokenSource();
        var renewal = RenewAsync(actor, key, ended.Token);
        try
        {
            await next(context);
        }
        catch
        {
            context.Response.Body = wire;
            await book.ForgetAsync(actor, key, CancellationToken.None);
            throw;
        }
        finally
        {
            await ended.CancelAsync();
            await renewal;
        }
        context.Response.Body = wire;
        if (context.Response.StatusCode >= 400)
            await book.ForgetAsync(actor, key, CancellationToken.None);
        else
            await book.FinishAsync(actor, key, Kept(context.Response, body.ToArray()), CancellationToken.None);
        await wire.WriteAsync(body.ToArray());
    }

    /// <summary>Renews the lease as long as the request is in progress.</summary>
    private async Task RenewAsync(string actor, string key, CancellationToken ended)
    {
        using var timer = new PeriodicTimer(IdempotencyStore.Lease / 3);
        try
        {
            while (await timer.WaitForNextTickAsync(ended))
                await book.RenewAsync(actor, key, ended);
        }
        catch (Exception e) when (e is OperationCanceledException || ErrorEdge.IsStoreUnavailable(e))
        {
            // It has ended; or a store is unavailable, and a repetition after the lease meets the ledger's own keys.
        }
    }

    private static KeptAnswer Kept(HttpResponse response, byte[] body)
    {
        var headers = KeptHeaders.Where(response.Headers.ContainsKey).ToDictionary(name => name, name => response.Headers[name].ToString());
        return new KeptAnswer(response.StatusCode, JsonSerializer.Serialize(headers), body);
    }

    private static async Task ReplayAsync(HttpResponse response, KeptAnswer answer)
    {
        response.StatusCode = answer.Status;
        foreach (var (name, value) in JsonSerializer.Deserialize<Dictionary<string, string>>(answer.Headers)!)
            response.Headers[name] = value;
        response.Headers["Idempotent-Replayed"] = "true";
        await response.Body.WriteAsync(answer.Body);
    }

    private static async Task<byte[]> HashAsync(HttpRequest request)
    {
        request.EnableBuffering();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{request.Method} {request.Path}{request.QueryString}\n"));
        var buffer = new byte[16 * 1024];
        for (int read; (read = await request.Body.ReadAsync(buffer)) > 0;)
            hash.AppendData(buffer, 0, read);
        request.Body.Position = 0;
        return hash.GetHashAndReset();
    }
}
