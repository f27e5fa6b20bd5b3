package dev.ash.gateway.server;

/**
 * What Redis does in one step, by its own clock. Both windows are exact in what they let by: a
 * request's time is kept to the millisecond, and tokens to the second, rounded up. What a clock
 * that stepped forward wrote too far ahead is dropped when it has stepped back.
 */
final class LimitScripts {
  /** Tokens of a second are kept until that second has wholly left the minute. */
  private static final String TOKENS_LIVE_SECONDS = "61";

  /**
   * Counts a request in all windows or in none. A window is a list of times in order, at most as
   * many as its limit; what has left it lies at the head and is found by halving.
   *
   * <p>{@code KEYS}: the tokens' hash if there is a limit of tokens, then one list for each window.
   * {@code ARGV}: the limit of tokens or 0, then limit and milliseconds of each window. The answer
   * is what (0 counted, 1 full, 2 tokens used up), limit, remaining, milliseconds to wait.
   */
  static final String ADMIT =
      """
      local time = redis.call('TIME')
      local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

      local function live(key, window)
        local floor = now - window
        local count = redis.call('LLEN', key)
        if count == 0 then
          return 0
        end
        local head = tonumber(redis.call('LINDEX', key, 0))
        if head > now + window then
          -- The clock stepped forward and back: nobody is to wait until it is there again.
          redis.call('DEL', key)
          return 0
        end
        if head > floor then
          return count
        end
        if tonumber(redis.call('LINDEX', key, -1)) <= floor then
          redis.call('DEL', key)
          return 0
        end
        local gone, kept = 0, count - 1
        while kept - gone > 1 do
          local middle = math.floor((gone + kept) / 2)
          if tonumber(redis.call('LINDEX', key, middle)) > floor then
            kept = middle
          else
            gone = middle
          end
        end
        redis.call('LTRIM', key, kept, -1)
        return count - kept
      end

      local first = 1
      local most = tonumber(ARGV[1])
      if most > 0 then
        first = 2
        local seconds, used, sum = {}, {}, 0
        local all = redis.call('HGETALL', KEYS[1])
        for i = 1, #all, 2 do
          local second = tonumber(all[i])
          if (second + TOKENS_LIVE) * 1000 > now and (second - TOKENS_LIVE) * 1000 <= now then
            seconds[#seconds + 1] = second
            used[second] = tonumber(all[i + 1])
            sum = sum + used[second]
          end
        end
        if sum >= most then
          table.sort(seconds)
          local last = now
          for _, second in ipairs(seconds) do
            last = (second + TOKENS_LIVE) * 1000
            sum = sum - used[second]
            if sum < most then
              break
            end
          end
          return {2, most, 0, last - now}
        end
      end

      local counts = {}
      for i = first, #KEYS do
        local at = (i - first) * 2 + 2
        local limit, window = tonumber(ARGV[at]), tonumber(ARGV[at + 1])
        local count = live(KEYS[i], window)
        if count >= limit then
          local leaves = tonumber(redis.call('LINDEX', KEYS[i], count - limit)) + window
          return {1, limit, 0, leaves - now}
        end
        counts[i] = count
      end

      local answer = {0, -1, 0, 0}
      for i = first, #KEYS do
        local at = (i - first) * 2 + 2
        local limit, window = tonumber(ARGV[at]), tonumber(ARGV[at + 1])
        local stamp = now
        if counts[i] > 0 then
          -- A clock that was set back must not put the list out of order.
          stamp = math.max(stamp, tonumber(redis.call('LINDEX', KEYS[i], -1)))
        end
        redis.call('RPUSH', KEYS[i], string.format('%.0f', stamp))
        redis.call('PEXPIRE', KEYS[i], string.format('%.0f', stamp - now + window + 1000))
        local remaining = limit - counts[i] - 1
        if answer[2] < 0 or remaining < answer[3] then
          local leaves = tonumber(redis.call('LINDEX', KEYS[i], 0)) + window
          answer = {0, limit, remaining, leaves - now}
        end
      end
      return answer
      """
          .replace("TOKENS_LIVE", TOKENS_LIVE_SECONDS);

  /** Adds tokens ({@code ARGV[1]}) to the hash {@code KEYS[1]}, of at most a minute's seconds. */
  static final String SPEND =
      """
      local now = tonumber(redis.call('TIME')[1])
      redis.call('HINCRBY', KEYS[1], string.format('%.0f', now), ARGV[1])
      for _, second in ipairs(redis.call('HKEYS', KEYS[1])) do
        local at = tonumber(second)
        if at + TOKENS_LIVE <= now or at - TOKENS_LIVE > now then
          redis.call('HDEL', KEYS[1], second)
        end
      end
      redis.call('EXPIRE', KEYS[1], TOKENS_LIVE + 1)
      return 1
      """
          .replace("TOKENS_LIVE", TOKENS_LIVE_SECONDS);

  private LimitScripts() {}
}
