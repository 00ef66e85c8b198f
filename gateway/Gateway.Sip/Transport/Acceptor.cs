using System.Net.Sockets;
using Media.Protocols.Primitives;
using Microsoft.Extensions.Logging;

namespace Gateway.Sip.Transport;

/// <summary>
/// Accepts the connections of one listener for as long as the endpoint lives. When the system has no descriptor or memory for another one
/// (EMFILE, ENFILE, ENOBUFS) it waits and tries again; the log has a line at the beginning and one at the end of that.
/// </summary>
internal sealed partial class Acceptor(
    Func<CancellationToken, ValueTask<Socket>> accept, Action<Socket> admit, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LastWait = TimeSpan.FromSeconds(2);

    private volatile string? _fault;

    /// <summary>The reason why nothing can be accepted at the moment; null while all is well.</summary>
    public string? Fault => _fault;

    public async Task RunAsync(CancellationToken stop)
    {
        var wait = FirstWait;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                var socket = await accept(stop);
                if (_fault is not null)
                    LogRecovered(logger);
                (_fault, wait) = (null, FirstWait);
                Admit(socket);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionAborted or SocketError.ConnectionReset)
            {
                // the peer was gone before it was accepted
            }
#pragma warning disable CA1031 // the top of the loop: whatever keeps one connection out must not keep out all later ones
            catch (Exception e)
#pragma warning restore CA1031
            {
                if (_fault is null)
                    LogFailed(logger, e.Message);
                _fault = e.Message;
                await Task.Delay(wait, time, CancellationToken.None);
                wait = wait * 2 < LastWait ? wait * 2 : LastWait;
            }
        }
    }

    /// <summary>A peer that is gone already has no address any more; its socket must not stay open.</summary>
    private void Admit(Socket socket)
    {
        try
        {
            admit(socket);
        }
        catch (SocketException)
        {
            socket.Dispose();
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "SIP connections cannot be accepted: {Error}; trying again, calls go on")]
    private static partial void LogFailed(ILogger logger, string error);

    [LoggerMessage(Level = LogLevel.Information, Message = "SIP connections are accepted again")]
    private static partial void LogRecovered(ILogger logger);
}
