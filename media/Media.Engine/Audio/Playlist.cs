namespace Media.Engine.Audio;

/// <summary>Clips to be heard one after the other. Told apart by reference: the same list set again goes on where it was.</summary>
internal sealed class Playlist
{
    private readonly AudioClip[] _clips;
    private readonly AudioRepeat _repeat;

    /// <exception cref="ArgumentException">There is no clip.</exception>
    public Playlist(IReadOnlyList<AudioClip> clips, AudioRepeat repeat, long id = 0)
    {
        if (clips.Count == 0)
            throw new ArgumentException("A list that is played holds at least one clip.", nameof(clips));
        (_clips, _repeat, Id) = ([.. clips], repeat, id);
    }

    /// <summary>As its owner was given it.</summary>
    public long Id { get; }

    public AudioClip this[int index] => _clips[index];

    /// <summary>The place of the clip that follows; null: the list is over.</summary>
    public int? After(int index) =>
        index + 1 < _clips.Length ? index + 1
        : _repeat switch { AudioRepeat.Last => index, AudioRepeat.All => 0, _ => null };
}
