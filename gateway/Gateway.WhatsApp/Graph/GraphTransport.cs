using System.Buffers;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Gateway.Calls;
using Gateway.WhatsApp.Meta;

namespace Gateway.WhatsApp.Graph;

/// <summary>
/// Sends one Graph action: timeout, safe repetition, throttling, and the translation of every outcome into a <see cref="GraphResult{T}"/>.
/// It throws only when the caller cancels. Repetition is decided in <see cref="GraphAction.Repeat"/> and nowhere else.
/// </summary>
internal sealed class GraphTransport(HttpClient http, GraphOptions options, TimeProvider time, MetaClock clock, TokenHealth tokens)
{
    /// <summary>Below a number.</summary>
    public const string CallsPath = "calls";

    private static readonly JsonDocumentOptions AnswerOptions = new() { MaxDepth = 32 };

    private readonly ConcurrentDictionary<string, Uri> _calls = new();
    private readonly GraphThrottle _throttle = new(time);
    private readonly Uri _base = new(options.BaseUrl.AbsoluteUri.TrimEnd('/') + "/" + options.Version + "/");

    public async Task<GraphResult<T>> SendAsync<T>(
        GraphAction action, GraphNumber number, GraphRequest request, Func<JsonElement, T?> read, CancellationToken cancel)
        where T : class
    {
        var started = time.GetTimestamp();
        var result = await SendWithinDeadlineAsync(action, number, request, read, cancel);
        tokens.Learn(number, result.Error);
        GraphMetrics.Record(action.Label, time.GetElapsedTime(started), result.Error);
        return result;
    }

    private async Task<GraphResult<T>> SendWithinDeadlineAsync<T>(
        GraphAction action, GraphNumber number, GraphRequest request, Func<JsonElement, T?> read, CancellationToken cancel)
        where T : class
    {
        if (!action.Urgent && _throttle.Remaining(number.PhoneNumberId, action.Label) is { Ticks: > 0 } wait)
            return new GraphError(new WhatsAppError(WhatsAppErrorCodes.HeldBack, "Held back"), null, Retryable: true, wait);

        using var deadline = new CancellationTokenSource(action.Deadline, time);
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancel);
        var began = time.GetTimestamp();
        for (var attempt = 1; ; attempt++)
        {
            var result = await AttemptAsync(action, number, request, read, ends.Token, cancel);
            if (result.IsSuccess || attempt >= options.MaxAttempts || !MayRepeat(action.Repeat, result.Error))
                return result;

            var pause = result.Error.RetryAfter ?? options.FirstBackoff * Math.Pow(2, attempt - 1);
            if (time.GetElapsedTime(began) + pause >= action.Deadline)
                return result;
            GraphMetrics.CountRetry(action.Label);
            await Task.Delay(pause, time, cancel);
        }
    }

    /// <summary>
    /// An accept, a connect or a message that Meta may have received is never sent twice, whatever the answer was: the harm of sending it
    /// twice (two ringing phones, two charged messages, an error for a call that is up) exceeds that of one failed call.
    /// </summary>
    private static bool MayRepeat(Repeat repeat, GraphError error) =>
        error.Retryable && (repeat == Repeat.IfFailed || error.Code == WhatsAppErrorCodes.Unreachable || error.Error.IsThrottling);

    private async Task<GraphResult<T>> AttemptAsync<T>(
        GraphAction action, GraphNumber number, GraphRequest request, Func<JsonElement, T?> read, CancellationToken ends,
        CancellationToken cancel)
        where T : class
    {
        // An action that may be repeated reserves time for that.
        var share = action.Repeat == Repeat.IfFailed ? action.Deadline / 3 : action.Deadline;
        using var limit = new CancellationTokenSource(share, time);
        using var attempt = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, ends);
        try
        {
            using var message = Compose(number, request);
            var sent = time.GetTimestamp();
            using var response = await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, attempt.Token);
            if (response.Headers is { Date: { } date, Age: null }) // an answer with an Age header comes from a cache
                clock.HandleAnswer(date, sent);
            var body = await ReadBoundedAsync(response.Content, attempt.Token);
            return Interpret(action, number, response, body, read);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            throw;
        }
        catch (OperationCanceledException reason)
        {
            // The handler's own connect timeout cancels too, but then nothing has been sent.
            return Failed(attempt.IsCancellationRequested || reason.InnerException is not TimeoutException
                ? WhatsAppErrorCodes.DeadlineExceeded : WhatsAppErrorCodes.Unreachable);
        }
        catch (HttpRequestException reason)
        {
            return Failed(reason.HttpRequestError is HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError
                or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError
                ? WhatsAppErrorCodes.Unreachable : WhatsAppErrorCodes.ConnectionLost);
        }
        catch (IOException)
        {
            return Failed(WhatsAppErrorCodes.ConnectionLost);
        }
    }

    /// <summary>That of calls is kept for each number; others may have a user in them.</summary>
    private Uri AddressOf(GraphNumber number, string path) => path == CallsPath
        ? _calls.GetOrAdd(number.PhoneNumberId, id => Compose(id, CallsPath)) : Compose(number.PhoneNumberId, path);

    private Uri Compose(string id, string path) => new(_base, Uri.EscapeDataString(id) + "/" + path);

    private HttpRequestMessage Compose(GraphNumber number, GraphRequest request)
    {
        var message = new HttpRequestMessage(request.Body is null ? HttpMethod.Get : HttpMethod.Post,
            AddressOf(number, request.Path))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", number.Token.Value);
        if (request.Body is { } body)
        {
            message.Content = new ByteArrayContent(body);
            message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }
        return message;
    }

    /// <summary>The body; null when it is longer than anything the API documents.</summary>
    private async Task<ReadOnlyMemory<byte>?> ReadBoundedAsync(HttpContent content, CancellationToken cancel)
    {
        var writer = new ArrayBufferWriter<byte>(1024);
        await using var stream = await content.ReadAsStreamAsync(cancel);
        while (true)
        {
            var read = await stream.ReadAsync(writer.GetMemory(), cancel);
            if (read == 0)
                return writer.WrittenMemory;
            writer.Advance(read);
            if (writer.WrittenCount > options.MaxAnswerLength)
                return null;
        }
    }

    private GraphResult<T> Interpret<T>(
        GraphAction action, GraphNumber number, HttpResponseMessage response, ReadOnlyMemory<byte>? body, Func<JsonElement, T?> read)
        where T : class
    {
        var status = (int)response.StatusCode;
        var (value, error) = ReadBody(body, status, read);
        var wait = _throttle.Learn(number.PhoneNumberId, action.Label, response.Headers, error?.Error);
        if (value is not null)
            return value;
        return error! with { RetryAfter = wait };
    }

    /// <summary>A value or an error; exactly one is set.</summary>
    private static (T? Value, GraphError? Error) ReadBody<T>(ReadOnlyMemory<byte>? body, int status, Func<JsonElement, T?> read)
        where T : class
    {
        try
        {
            if (body is { Length: > 0 } bytes)
            {
                using var document = JsonDocument.Parse(bytes, AnswerOptions);
                var element = document.RootElement.Child("error");
                if (WhatsAppErrorReader.Read(element) is { } error)
                    return (null, Describe(error, status, element));
                if (status is >= 200 and <= 299 && read(document.RootElement) is { } value)
                    return (value, null);
            }
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            // Not JSON, or a string that is not Unicode: handled below like any other unusable body.
        }
        var code = status == (int)HttpStatusCode.TooManyRequests ? WhatsAppErrorCodes.TooManyRequests : WhatsAppErrorCodes.MalformedAnswer;
        return (null, Describe(new WhatsAppError(code, $"HTTP {status} without a readable body"), status, default));
    }

    private static GraphError Describe(WhatsAppError error, int status, JsonElement element) =>
        new(error, status, error.IsTransient || status >= 500)
        {
            TraceId = element.Words("fbtrace_id", 128),
        };

    private static GraphError Failed(int code) => new(new WhatsAppError(code, WhatsAppErrorNames.Of(code)), null, Retryable: true);
}

/// <summary>The path below the phone number id, and a JSON body for POST or null for GET.</summary>
internal readonly record struct GraphRequest(string Path, byte[]? Body);
