using Gateway.Calls.Lifecycle;
using Gateway.Worker.Legs;
using Gateway.Worker.Nodes;
using Media.Protocols.Primitives;

namespace Gateway.Worker.Calls;

/// <summary>
/// One call as another node could go on with it: saved again and again from any thread, and handed over by the call's own loop.
/// </summary>
internal sealed class CallHandover(Call call, CallLegs legs, InboundDetails? details, InstantClock clock)
{
    private volatile CallSnapshot? _saved;
    private volatile bool _hasChanged;
    private volatile bool _wasSaved;
    private TaskCompletionSource<SavedCall?>? _asked;

    /// <summary>It is answered, and not as <see cref="SaveAsync"/> gave it last.</summary>
    public bool HasChanged => _hasChanged && _saved is not null;

    /// <summary><see cref="SaveAsync"/> gave it once: another node may have what it needs to go on.</summary>
    public bool WasSaved => _wasSaved;

    /// <summary>Somebody waits for <see cref="GiveAsync"/>.</summary>
    public bool IsAsked => _asked is not null;

    /// <summary>The machine may have changed. On the call's loop.</summary>
    public void Note()
    {
        _saved = call.Save();
        NoteChange();
    }

    /// <summary>A leg has changed. From any thread.</summary>
    public void NoteChange() => _hasChanged = true;

    /// <summary>It is another node's, or over.</summary>
    public void LetGo() => _saved = null;

    /// <summary>The call as it is; null: now it cannot go on elsewhere. From any thread.</summary>
    public async Task<SavedCall?> SaveAsync()
    {
        _hasChanged = false;
        var (saved, at) = (_saved, call.TimeOf(clock.Now));
        if (saved is not null && await legs.SaveAsync() is var (phone, media) && _saved == saved)
        {
            _wasSaved = true;
            return new SavedCall(saved, details, phone, media, at);
        }
        NoteChange(); // soon it may be possible
        return null;
    }

    /// <summary>Asks for the call, exactly. Null: it cannot be moved as it is now, and goes on. From any thread.</summary>
    /// <param name="wake">Wakes the call's loop; false: it has ended.</param>
    public Task<SavedCall?> AskAsync(Func<bool> wake)
    {
        var asked = new TaskCompletionSource<SavedCall?>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (_saved is null || Interlocked.CompareExchange(ref _asked, asked, null) is not null
            || !wake() && Interlocked.CompareExchange(ref _asked, null, asked) == asked)
            asked.TrySetResult(null);
        return asked.Task;
    }

    /// <summary>Gives the call to whom has asked. On the call's loop.</summary>
    /// <param name="letGo">From now on nothing is done for it here.</param>
    public async Task GiveAsync(Action letGo)
    {
        SavedCall? given = null;
        if (call.Save() is { } saved && await legs.HandOverAsync() is var (phone, media))
        {
            letGo();
            given = new SavedCall(saved, details, phone, media, call.TimeOf(clock.Now));
        }
        Interlocked.Exchange(ref _asked, null)!.SetResult(given);
    }

    /// <summary>The call has ended.</summary>
    public void End() => _asked?.TrySetResult(null);
}
