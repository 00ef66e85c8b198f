using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.Storage.Commands;
using Gateway.Storage.Contacts;
using Gateway.WhatsApp.Meta;
using Gateway.Worker.Calls;
using Gateway.Worker.Configuration;
using Gateway.Worker.Permissions;
using Gateway.Worker.Reload;
using Media.Protocols.Primitives;
using StackExchange.Redis;

namespace Gateway.Worker.Commands;

/// <summary>Carries out operators' commands to this node, which come through Redis.</summary>
internal sealed partial class CommandHandler(
    GatewayOptions options, IConnectionMultiplexer redis, CallControl calls, PermissionAsker asker, MetaPermissions meta,
    ConfigurationReload reload, ILogger<CommandHandler> logger) : BackgroundService
{
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);

    /// <summary>Listens as soon as Redis is available: a node without commands still takes calls.</summary>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var listener = new NodeCommandListener(redis, options.Node.Id, HandleAsync);
        while (!await TryAsync(listener.StartAsync))
            await Task.Delay(Retry, stoppingToken);
        await Task.Delay(Timeout.Infinite, stoppingToken).ContinueWith(_ => { }, TaskScheduler.Default);
        await TryAsync(listener.StopAsync);
    }

    private async Task<bool> TryAsync(Func<Task> step)
    {
        try
        {
            await step();
            return true;
        }
        catch (Exception e) when (e is RedisException or TimeoutException or ObjectDisposedException)
        {
            LogDeaf(e.Message);
            return false;
        }
    }

    private async Task<CommandReply> HandleAsync(NodeCommand command)
    {
        try
        {
            return command switch
            {
                NodeCommand.HangUp hangUp => calls.HangUp(hangUp),
                NodeCommand.Transfer transfer => calls.Transfer(transfer),
                NodeCommand.CompleteTransfer complete => calls.CompleteTransfer(complete),
                NodeCommand.CancelTransfer cancel => calls.CancelTransfer(cancel),
                NodeCommand.Assign assign => calls.Assign(assign),
                NodeCommand.Decline decline => calls.Decline(decline),
                NodeCommand.TakeCall take => await calls.TakeAsync(take),
                NodeCommand.CaptureCall capture => calls.Capture(capture),
                NodeCommand.ShowTrace show => calls.ShowTrace(show),
                NodeCommand.PrepareCall prepare => await calls.PrepareAsync(prepare),
                NodeCommand.Drain => calls.Drain(),
                NodeCommand.Reload { RequestedBy: var who } => await ReloadAsync(who),
                _ when calls.Refusal is { } cause => CommandReply.Refused(cause),
                NodeCommand.ForChannel { Channel: var channel } when !calls.Serves(channel) => CommandReply.Refused(HangupCause.NoRoute),
                NodeCommand.CallBack callBack => await calls.CallBackAsync(callBack),
                NodeCommand.AskPermission ask => await AskAsync(ask),
                NodeCommand.RefreshPermission refresh =>
                    await meta.RefreshAsync(refresh.Channel, refresh.User, CancellationToken.None) is null
                    ? CommandReply.Refused(HangupCause.WhatsAppFailed, "WhatsApp did not report the user's permission") : CommandReply.Done,
                _ => throw new InvalidOperationException("No handler for the command " + command.GetType().Name),
            };
        }
        catch (Exception e) // The edge of one command: its sender gets the failure, and the next one is handled.
        {
            LogFailure(e, command.GetType().Name);
            return CommandReply.Refused(HangupCause.InternalError);
        }
    }

    private async Task<CommandReply> ReloadAsync(string requestedBy)
    {
        var report = await reload.RunAsync($"The admin API ({requestedBy})", CancellationToken.None);
        return report.Errors.Count == 0
            ? CommandReply.Done with { Reload = report }
            : CommandReply.Refused(CommandRefusal.ConfigurationInvalid, string.Join(" ", report.Errors)) with { Reload = report };
    }

    private async Task<CommandReply> AskAsync(NodeCommand.AskPermission command)
    {
        var result = await asker.AskAsync(new PermissionAsk(command.Channel, command.User, command.RequestedBy), CancellationToken.None);
        if (result.Verdict is { Broken: { } rule } verdict)
            return new CommandReply(CommandOutcome.Refused, WireName.Of(rule), verdict.Text, verdict.FreeAt);
        return result.Error is { } error
            ? new CommandReply(CommandOutcome.Refused, "whatsapp_error", $"{error.Code}: {error.Message}")
            : CommandReply.Done;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Redis is unavailable: operators' commands are not received ({Reason})")]
    private partial void LogDeaf(string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "A command ({Kind}) failed")]
    private partial void LogFailure(Exception e, string kind);
}
